"""Building ``data/words``: ``audio-edu data build words``. The words of ``data/sentences``, one at a time."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from ._build import Clip, write_corpus
from ._build_digits import SAMPLE_RATE, check_tools
from ._build_sentences import N_SENTENCES, say, texts
from ._voices import Voice, all_voices
from .digits import DIGIT_NAMES

N_WORDS = 32
COLUMNS = ("engine", "speaker", "accent", "rate")


def build(out: Path) -> None:
    """Make the corpus in the folder `out`.

    Raises
    ------
    RuntimeError
        If a program, a voice or the Python package pyworld is missing; the message says how to install it.
    """
    check_tools()
    voices = all_voices()
    write_corpus(
        out, clips(voices), sample_rate=SAMPLE_RATE, columns=COLUMNS, n_bits=None, n_voices=len(voices)
    )


def clips(voices: list[Voice], only: Collection[str] = ()) -> Iterator[list[Clip]]:
    """Say words with every voice, or only some; one list of clips a voice.

    Each voice has words of its own; all words are said equally often.
    """
    words = sorted({word for text, _ in texts(N_SENTENCES * len(voices)) for word in text.split()})
    words = [word for word in words if word not in DIGIT_NAMES]
    words = np.random.default_rng(2026).permutation(words).tolist()
    for number, voice in enumerate(voices):
        if only and voice.name not in only:
            continue
        rng = np.random.default_rng([2026, number])
        made = []
        for place in range(number * N_WORDS, (number + 1) * N_WORDS):
            word = words[place % len(words)]
            x, rate = say(voice, word, rng)
            info = dict(zip(COLUMNS, (voice.engine, voice.speaker, voice.accent, rate), strict=True))
            made.append(Clip(x, word, voice.name, voice.split, info))
        yield made
