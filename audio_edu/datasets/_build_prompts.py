"""Building ``data/prompts``: ``audio-edu data build prompts``, from a Debian package."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile as sf

from ._build import Clip, write_corpus

PACKAGES = ("asterisk-core-sounds-en-wav", "asterisk-core-sounds-en")
SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SPEAKER = "allison"
SAMPLE_RATE = 8000
#: The longest one, a minute of instructions, has figures that can be read in several ways.
LONGEST_S = 50.0
COLUMNS = ("kind", "name")
KINDS = {"digits": "number", "letters": "letter", "phonetic": "letter"}
_FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: The source's own slips, and what is spelt out though it looks like a word.
_SPOKEN = {
    "fourtieth": "fortieth", "umute": "unmute", "thru": "through", "iax": "i a x", "ip": "i p",
    "ivr": "i v r", "mgcp": "m g c p", "pbx": "p b x", "usb": "u s b",
}  # fmt: skip


def build(out: Path) -> None:
    """Make the corpus in the folder `out`.

    Raises
    ------
    RuntimeError
        If the Debian packages are missing; the message says how to install them.
    """
    if not (SOUNDS.is_dir() and TEXTS.is_file()):
        raise RuntimeError(
            f"Not on this machine: {' '.join(PACKAGES)}. On Debian or Ubuntu: sudo apt-get install "
            f"{' '.join(PACKAGES)}"
        )
    write_corpus(out, [list(clips())], sample_rate=SAMPLE_RATE, columns=COLUMNS, n_bits=16, n_voices=1)


def clips() -> Iterator[Clip]:
    """Return the prompts, a text that is said twice always in one split, single words all in ``test``."""
    texts = dict(transcripts())
    kinds = {name: KINDS.get(name.partition("/")[0], "prompt") for name in texts}
    prompts = sorted({text for name, text in texts.items() if kinds[name] == "prompt"})
    order = np.random.default_rng(2026).permutation(len(prompts))
    share = {prompts[i]: place / len(prompts) for place, i in enumerate(order)}
    for name, text in sorted(texts.items()):
        x, sample_rate = sf.read(SOUNDS / f"{name}.wav")
        if sample_rate != SAMPLE_RATE:
            raise RuntimeError(f"{name}.wav has {sample_rate} samples a second; expected {SAMPLE_RATE}.")
        if not 0 < x.size <= LONGEST_S * SAMPLE_RATE:
            continue
        place = share.get(text, 1.0) if kinds[name] == "prompt" else 1.0
        split = "train" if place < 0.8 else "validation" if place < 0.9 else "test"
        yield Clip(x, text, SPEAKER, split, dict(zip(COLUMNS, (kinds[name], name), strict=True)))


def transcripts() -> Iterator[tuple[str, str]]:
    """Return the name and the normalized text of each prompt that is speech and has a sound."""
    for line in gzip.open(TEXTS, "rt", encoding="utf-8"):
        name, colon, text = line.strip().partition(": ")
        if not colon or name.startswith(";") or not (SOUNDS / f"{name}.wav").is_file():
            continue
        if text := normalize(text):
            yield name, text


def normalize(text: str) -> str:
    """Write a prompt as it is said: lower-case words, figures and abbreviations spelt out.

    What stands in brackets is about the sound and is left out.

    Examples
    --------
    >>> normalize("Press 1, or dial H.323 at 5 P.M. [beep]")
    'press one or dial h three two three at five p m'
    """
    text = re.sub(r"\[[^]]*\]|\([^)]*\)", " ", text).lower()
    text = re.sub(r"\d", lambda figure: f" {_FIGURES[int(figure[0])]} ", text)
    text = re.sub(r"\b([a-z])\.", r"\1 ", text)
    words = re.findall(r"[a-z]+(?:'[a-z]+)*", text)
    return " ".join(_SPOKEN.get(word, word) for word in words)
