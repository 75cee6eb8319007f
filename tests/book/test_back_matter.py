"""The glossary, the bibliography and the documents' corrections hold together with the chapters."""

import re
import sys
from itertools import pairwise
from pathlib import Path

import pipeline
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "ext"))
import glossary  # noqa: E402

SOURCES = pipeline.chapter_sources()
TERMS = {row["en"]: row["zh"] for row in glossary.read_terms(ROOT / "book/back/glossary.csv")}
BIBLIOGRAPHY = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "book/references.bib").read_text("utf-8"), re.M))


def spellings(term):
    """A term's names: the one outside of brackets and the one inside."""
    return [re.sub(r"\s*\(.*?\)", "", term), *re.findall(r"\((.+?)\)", term)]


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
    known = [
        (spelling.lower(), each)
        for name, zh in TERMS.items()
        for spelling in spellings(name)
        for each in zh.split(" / ")
    ]
    for term in re.split(r", ", plain):
        matches = [zh for name, zh in known if name == term.lower()]
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


def test_every_correction_stands_in_the_overview():
    text = (ROOT / "chapters/91_documents_corrected.md").read_text("utf-8")
    overview = "\n".join(re.findall(r"^\| \d · .+$", text, re.M))
    listed = set(re.findall(r"\[(C\d\d)\]\(#c\d\d\)", overview))
    entries = re.findall(r"^\((c\d\d)\)=\n### (C\d\d) · ", text, re.M)
    assert all(label.upper() == name for label, name in entries)
    assert len(entries) >= 92
    assert listed == {name for _, name in entries}


# --- The documents' questions ---------------------------------------------------------------------------

N_QUESTIONS = {1: 3, 2: 3, 3: 4, 4: 5, 5: 7}  # in the five lists; document 5 asks one in its §4.4
QUESTIONS = re.findall(
    r"^### (\d)\.(\d) (.+?)\n+(.+?)\n\nShown in: (.+?)\n*(?=^#|^\(q-|\Z)",
    (ROOT / "book/back/questions.md").read_text("utf-8"),
    re.M | re.S,
)


def test_every_question_of_the_documents_is_there():
    asked = [(int(document), int(number)) for document, number, *_ in QUESTIONS]
    assert asked == [(document, k + 1) for document, n in N_QUESTIONS.items() for k in range(n)]


@pytest.mark.parametrize(
    ("question", "answer", "shown"),
    [(f"{document}.{number} {title}", *rest) for document, number, title, *rest in QUESTIONS],
)
def test_a_question_is_answered_and_shown(question, answer, shown):
    assert "?" in question
    assert 20 <= len(answer.split()) <= 120
    targets = re.findall(r"\]\((\S+?)\)", shown)
    assert targets or re.search(r"planned chapters? \d", shown)
    check_links(answer + shown, ROOT / "book/back")


LABELS = {
    label
    for source in [*SOURCES, *(ROOT / "book").glob("*/*.md")]
    for label in re.findall(r"^\(([\w-]+)\)=$", source.read_text("utf-8"), re.M)
}


def check_links(text, folder):
    """Links lead to chapters and entries that exist; what is called planned does not exist yet."""
    written = {int(source.stem[:2]): source for source in SOURCES}
    for path in re.findall(r"\]\((?!https:)([^)\s#]+)\)", text):
        page = ROOT / f"chapters/{Path(path).stem}.md" if "notebooks/" in path else folder / f"{path}.md"
        assert page.is_file(), f"{path} leads nowhere"
    for label in re.findall(r"\]\(#([\w-]+)\)", text):
        assert label in LABELS, f"#{label} leads nowhere"
    for planned in re.findall(r"[Pp]lanned chapters? (\d+(?:(?:, | and | to )\d+)*)", text):
        numbers = [int(number) for number in re.findall(r"\d+", planned)]
        if " to " in planned:
            numbers += range(numbers[-2], numbers[-1])
        assert not set(numbers) & set(written), f"chapter {planned} is written: link it"
    for name, path in re.findall(r"\[[Cc]hapter (\d+)\]\((?:\S*/)?(\d\d)_\w+", text):
        assert int(name) == int(path), f"the link of chapter {name} leads to {path}"


@pytest.mark.parametrize(
    "page", ["front/documents", "back/questions", "back/instructors_guide", "front/how_to_use", "index"]
)
def test_links_of_the_pages_that_are_no_notebooks_resolve(page):
    path = ROOT / f"book/{page}.md"
    check_links(path.read_text("utf-8"), path.parent)


def test_links_of_the_corrections_resolve():
    text = (ROOT / "chapters/91_documents_corrected.md").read_text("utf-8")
    check_links(re.sub(r"\]\((\d\d_\w+)\)", r"](../notebooks/\1)", text), ROOT / "book/back")


# --- Terms in the order of the chapters -----------------------------------------------------------------
#
# A term of the glossary is introduced by the chapter in its column `chapter`; no earlier chapter may use it
# as if it were known. Two kinds of term are looked for, since others are everyday words as well: terms of
# several words that are not in EVERYDAY, and the single words in JARGON. A chapter may look ahead
#   * in a sentence that names or links the chapter that introduces the term, or whose next sentence does;
#   * in "Before you start", "Further reading" and the Chinese summary;
#   * in code, formulas and the text of links.

JARGON = set(
    "a-law ablation adam aliasing autocorrelation autoencoder back-propagation backpropagation bptt "
    "cnn codec cross-entropy ctc deconvolution dft dither dropout eigenfunction eigenvalue elbo fft "
    "fir formant fricative gan gru iir layernorm lms logits lstm lti mfcc mini-batch nat optimiser "
    "overfitting perplexity phoneme plosive quantisation rmsprop rnn rope sgd sigmoid softmax "
    "spectrogram stft transformer vae vocoder vowel wavenet µ-law".split()
)
EVERYDAY = set(
    "bit rate, deep learning, full scale, generative model, moving average, music generation, "
    "noise reduction, piano roll, skip connection, speech recognition, speech synthesis, test set, "
    "training set".split(", ")
)
LOOKS_AHEAD = ("Before you start", "Further reading", "中文提要")


def first_chapters():
    """Pattern and introducing chapter of each term that is looked for."""
    for row in glossary.read_terms(ROOT / "book/back/glossary.csv"):
        names = []
        for name in spellings(row["en"]):
            if (" " in name and name.lower() not in EVERYDAY) or name.lower() in JARGON:
                either = re.escape(name).replace(r"\ ", r"[\s-]+")
                names.append(either if name.isupper() else f"(?i:{either})")  # GAN is no gan
        if names:
            pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?:e?s)?(?![\w-])")
            yield row["en"], pattern, int(row["chapter"])


def sentences(text):
    """The prose of a chapter, sentence by sentence, without what may look ahead."""
    text = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.M | re.S)
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1`*$", "\n", text, flags=re.M | re.S)
    for section in re.split(r"^## ", text, flags=re.M):
        if not section.startswith(LOOKS_AHEAD):
            section = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`|\{cite\S*", " ", section, flags=re.S)
            yield from re.split(r"(?<=[.!?])\s+|\n\s*\n|\n[-*|>]", section)


def ahead(sentence):
    """The highest number of a chapter that a sentence names or links."""
    named = re.findall(r"[Cc]hapters? (\d+)|\((?:\.\./notebooks/)?(\d\d)_\w+", sentence)
    return max((int(number) for pair in named for number in pair if number), default=0)


def used_too_early(text, number):
    """What chapter `number` uses of the terms that later chapters introduce, once each."""
    terms, found = list(first_chapters()), {}
    for sentence, following in pairwise([*sentences(text), ""]):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", " ", sentence)
        looks = max(number, ahead(sentence), ahead(following))
        for term, pattern, chapter in terms:
            if looks < chapter and pattern.search(plain):
                found.setdefault(term, f"{term} (chapter {chapter}): {' '.join(sentence.split())[:140]}")
    return list(found.values())


@pytest.mark.parametrize(
    "source", [s for s in SOURCES if int(s.stem[:2]) <= 22], ids=lambda source: source.stem
)
def test_terms_are_introduced_before_they_are_used(source):
    early = used_too_early(source.read_text("utf-8"), int(source.stem[:2]))
    assert not early, "\n".join(["define it, name its chapter, or correct the glossary:", *early])


@pytest.mark.parametrize(
    ("text", "early"),
    [
        ("A vocoder speaks.", ["vocoder"]),
        ("It is trained by back-propagation. So are\nGANs.", ["backpropagation", "generative adversarial"]),
        ("Two impulse\nresponses.", []),
        ("A vocoder ([chapter 14](14_text_to_speech)) speaks. A spectrogram will do (chapter 3).", []),
        ("A vocoder speaks. Chapter 14 says how.", []),
        ("A vocoder (chapter 3) speaks.", ["vocoder"]),
        ("`vocoder(x)` and [the vocoder](14_text_to_speech).\n```python\nvocoder()\n```\n", []),
        ("## Further reading\nOn the vocoder.\n## What goes wrong\nNo logits.", ["logits"]),
    ],
)
def test_what_is_used_too_early_is_found(text, early):
    found = used_too_early(text, 2)
    assert len(found) == len(early)
    assert all(name.startswith(term) for name, term in zip(found, early, strict=True))
