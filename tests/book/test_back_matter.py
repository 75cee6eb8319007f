"""The glossary, the bibliography and the documents' corrections hold together with the chapters."""

import re
import sys
from pathlib import Path

import pipeline
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "ext"))
import glossary  # noqa: E402

SOURCES = pipeline.chapter_sources()
TERMS = {row["en"]: row["zh"] for row in glossary.read_terms(ROOT / "book/back/glossary.csv")}
BIBLIOGRAPHY = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "book/references.bib").read_text("utf-8"), re.M))


def chapter_terms():
    """The terms in both languages that the chapters' Chinese summaries list."""
    for source in SOURCES:
        summary = source.read_text("utf-8").partition("## 中文提要")[2].partition("\n## ")[0]
        for english, chinese in re.findall(r"^\| (?!English|---)(.+?) \| (.+?) \|$", summary, re.M):
            yield source.stem, english, chinese


@pytest.mark.parametrize(("chapter", "english", "chinese"), list(chapter_terms()))
def test_a_chapters_terms_are_in_the_glossary(chapter, english, chinese):
    """One row of a summary may hold several terms, separated by commas."""
    plain = re.sub(r"\s*\(.*?\)", "", english)
    known = {name.lower(): zh for name, zh in TERMS.items()}
    for term in re.split(r", ", plain):
        matches = [zh for name, zh in known.items() if re.sub(r"\s*\(.*?\)", "", name) == term.lower()]
        assert matches, f"{chapter}: {term!r} is not in book/back/glossary.csv"
        plain_zh = chinese.replace(" ", "")
        assert any(zh.replace(" ", "") in plain_zh or plain_zh in zh.replace(" ", "") for zh in matches), (
            f"{term}: {matches} is not {chinese}"
        )


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_citations_exist(source):
    keys = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", source.read_text("utf-8"))
    cited = {key.strip() for group in keys for key in group.split(",")}
    assert cited <= BIBLIOGRAPHY


def test_the_glossary_is_sound():
    rows = glossary.read_terms(ROOT / "book/back/glossary.csv")
    assert len(rows) > 90
    assert all(re.search(r"[\u4e00-\u9fff]", row["zh"]) or row["zh"] == row["en"] for row in rows)
    assert all(1 <= int(row["chapter"]) <= 22 for row in rows)


def test_the_glossary_refuses_a_bad_table(tmp_path):
    table = tmp_path / "glossary.csv"
    table.write_text("en,zh,pinyin,definition,chapter\nhop,帧移,zhēn yí,,1\n", "utf-8")
    with pytest.raises(ValueError, match="line 2: definition is empty"):
        glossary.read_terms(table)
    table.write_text("en,zh,pinyin,definition,chapter\nhop,帧移,a,b,1\nHop,帧移,a,b,1\n", "utf-8")
    with pytest.raises(ValueError, match="more than once: term-hop"):
        glossary.read_terms(table)


def test_every_correction_in_the_overview_has_its_entry():
    text = (ROOT / "chapters/91_documents_corrected.md").read_text("utf-8")
    listed = set(re.findall(r"^\| \[?\**(C\d\d)", text, re.M))
    entries = set(re.findall(r"^#+ .*?(C\d\d)|^\*\*(C\d\d)", text, re.M))
    entries = {a or b for a, b in entries}
    assert len(listed) >= 40
    assert listed <= entries, sorted(listed - entries)
