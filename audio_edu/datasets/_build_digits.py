"""Building ``data/digits``: ``audio-edu data build digits``."""

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from . import _speakers
from ._build import PEAK, Clip, write_corpus
from ._speakers import PEOPLE
from ._voices import WORLD_RATE, Voice, all_voices, analyze, resynthesize
from .digits import DIGIT_NAMES

SAMPLE_RATE = 8000
N_TAKES = 3
SHORTEST_S, LONGEST_S = 0.2, 0.95
COLUMNS = ("engine", "speaker", "accent", "rate", "pitch", "tract", "context", "take")


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
        out, clips(voices), sample_rate=SAMPLE_RATE, columns=COLUMNS, n_bits=12, n_voices=len(voices)
    )


def check_tools() -> None:
    """Raise RuntimeError if something that speaks is missing."""
    _speakers.check_tools()
    try:
        import pyworld  # noqa: F401
    except ImportError as error:
        raise RuntimeError(
            "Building this corpus needs the WORLD vocoder: python -m pip install pyworld==0.3.5"
        ) from error


def clips(voices: list[Voice], only: Collection[str] = ()) -> Iterator[list[Clip]]:
    """Say every digit `N_TAKES` times with every voice, or only some; one list of clips a voice."""
    raw: dict[str, dict] = {}
    parts: dict[str, dict] = {}
    for number, voice in enumerate(voices):
        if only and voice.name not in only:
            continue
        rng = np.random.default_rng([2026, number])
        if voice.engine != "espeak-ng" and voice.speaker not in raw:
            raw[voice.speaker] = _raw_of(voice.speaker)
            parts[voice.speaker] = {}
        made = []
        for digit, word in enumerate(DIGIT_NAMES):
            for take in range(N_TAKES):
                rate = float(voice.tempo * np.exp(rng.uniform(-0.1, 0.1)))
                if voice.engine == "espeak-ng":
                    context = ("alone", "list", "question")[take]
                    say = partial(_say_espeak, voice, word, context)
                else:
                    context, key = _choose(raw[voice.speaker], digit, take, voice.accent, rng)
                    if key not in parts[voice.speaker]:
                        parts[voice.speaker][key] = analyze(*raw[voice.speaker][key])
                    say = partial(_say_derived, parts[voice.speaker][key], voice, int(rng.integers(2**31)))
                x = trim(decay(trim(say(rate)), voice.decay_db))
                seconds = x.size / SAMPLE_RATE
                if not SHORTEST_S <= seconds <= LONGEST_S:  # say it again, at a speed that fits
                    rate *= seconds / np.clip(seconds, SHORTEST_S * 1.1, LONGEST_S * 0.9)
                    x = trim(decay(trim(say(rate)), voice.decay_db))
                info = (
                    voice.engine,
                    voice.speaker,
                    voice.accent,
                    round(rate, 3),
                    voice.pitch,
                    voice.tract,
                    context,
                    take,
                )
                made.append(Clip(x, word, voice.name, voice.split, dict(zip(COLUMNS, info, strict=True))))
        yield made


def _raw_of(speaker: str) -> dict:
    raw: dict = {}
    for person in PEOPLE:
        if person.name == speaker:
            for (digit, context, accent), sound in _speakers.utterances(person).items():
                raw[digit, context, f"{accent}/{person.engine}"] = sound
    return raw


def _choose(raw: dict, digit: int, take: int, accent: str, rng: np.random.Generator) -> tuple[str, tuple]:
    """Pick a clip of a digit in the voice's accent; takes differ in context where they can."""
    keys = sorted(key for key in raw if key[0] == digit and key[2].split("/")[0] == accent)
    contexts = sorted({key[1] for key in keys})
    context = contexts[take % len(contexts)]
    keys = [key for key in keys if key[1] == context]
    return context, keys[rng.integers(len(keys))]


def _say_derived(parts: tuple, voice: Voice, seed: int, rate: float) -> np.ndarray:
    x = resynthesize(*parts, voice, tempo=rate, rng=np.random.default_rng(seed))
    return resample_poly(x, SAMPLE_RATE, WORLD_RATE)


def _say_espeak(voice: Voice, word: str, context: str, rate: float) -> np.ndarray:
    text = {"alone": f"{word}.", "list": f"{word},", "question": f"{word}?"}[context]
    variant = voice.speaker.removeprefix("espeak-")
    pitch = int(np.clip(round(99 * (voice.pitch - 0.5)), 0, 99))
    x, sample_rate = _speakers.espeak(
        f"{voice.accent}+{variant}", text, words_per_minute=round(165 * rate), pitch=pitch
    )
    return resample_poly(x, SAMPLE_RATE, sample_rate)


def decay(x: np.ndarray, decay_db: float) -> np.ndarray:
    """Let a word's level fall, in dB steadily, over its last 60 %."""
    fall = np.interp(np.linspace(0, 1, x.size), (0.4, 1.0), (0.0, decay_db))
    return x * 10 ** (-fall / 20)


def trim(x: np.ndarray, *, floor_db: float = -42.0, margin_s: float = 0.03) -> np.ndarray:
    """Cut the silence around a word, leaving a margin that fades, and scale it to the corpus's peak."""
    hop = SAMPLE_RATE // 200  # 5 ms
    x = x - x.mean()
    frames = x[: x.size // hop * hop].reshape(-1, hop)
    rms = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(rms > rms.max() * 10 ** (floor_db / 20))
    margin = round(margin_s * SAMPLE_RATE)
    x = x[max(0, loud[0] * hop - margin) : (loud[-1] + 1) * hop + margin].copy()
    fade = np.sin(np.linspace(0, np.pi / 2, hop * 2)) ** 2
    x[: fade.size] *= fade
    x[-fade.size :] *= fade[::-1]
    return PEAK * x / np.abs(x).max()
