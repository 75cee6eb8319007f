"""Building ``data/sentences``: ``audio-edu data build sentences``. The voices are those of ``data/digits``.

What a speaker says is taken apart and put together again as each voice made of that speaker, as for the
digits; espeak-ng speaks for itself. Festival's Italian, Czech and Finnish voices are given flite's sounds and
durations, and for each English sound the nearest of their own.
"""

import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

from . import _speakers
from ._build import Clip, write_corpus
from ._build_digits import SAMPLE_RATE, check_tools, decay, trim
from ._speakers import CZECH, FINNISH, ITALIAN, PEOPLE, Speaker
from ._voices import WORLD_RATE, Voice, all_voices, analyze, resynthesize
from .spoken_numbers import KINDS, spoken_sentence

N_SENTENCES = 9
COLUMNS = ("engine", "speaker", "accent", "rate", "kind")

# The sounds that no digit has.
_MORE = {
    "italian": ITALIAN | dict(
        aa="a1", ae="E1", aw="a1 u", b="b", ch="tS", d="d", dh="d", er="E1 r", g="g", hh="", jh="dZ", l="l",
        m="m", ng="n", oy="o1 i", p="p", sh="S", uh="u1", y="j", zh="dZ",
    ),
    "czech": CZECH | dict(
        aa="a:", ae="e", aw="a u", b="b", ch="c~", d="d", dh="d", er="e: r", g="g", hh="h", jh="dz~", l="l",
        m="m", ng="n", oy="o j", p="p", sh="s~", uh="u", y="j", zh="z~",
    ),
    "finnish": FINNISH | dict(
        aa="a:", ae="@", aw="a u", b="b", ch="t s", d="d", dh="d", er="7: r", g="g", hh="h", jh="d s", l="l",
        m="m", ng="n", oy="o i", p="p", sh="s", uh="u", y="j", zh="s",
    ),
}  # fmt: skip


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


def texts(n: int, seed: int = 2026) -> list[tuple[str, str]]:
    """Return `n` sentences, no two alike, each with its kind; the kinds take turns."""
    rng, found = np.random.default_rng(seed), {}
    while len(found) < n:
        kind = KINDS[len(found) % len(KINDS)]
        found.setdefault(spoken_sentence(kind, rng), kind)
    return [(text, kind) for text, kind in found.items()]


def clips(voices: list[Voice], only: Collection[str] = ()) -> Iterator[list[Clip]]:
    """Say sentences of its own with every voice, or only some; one list of clips a voice."""
    every = texts(N_SENTENCES * len(voices))
    for number, voice in enumerate(voices):
        if only and voice.name not in only:
            continue
        rng = np.random.default_rng([2026, number])
        made = []
        for text, kind in every[number :: len(voices)]:
            x, rate = say(voice, text, rng)
            info = dict(zip(COLUMNS, (voice.engine, voice.speaker, voice.accent, rate, kind), strict=True))
            made.append(Clip(x, text, voice.name, voice.split, info))
        yield made


def say(voice: Voice, text: str, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return a clip of a text at the corpus's rate, and how fast it is said (factor)."""
    rate = float(voice.tempo * np.exp(rng.uniform(-0.1, 0.1)))
    return trim(decay(trim(_raw(voice, text, rate, rng)), voice.decay_db / 3)), round(rate, 3)


def _raw(voice: Voice, text: str, rate: float, rng: np.random.Generator) -> np.ndarray:
    if voice.engine == "espeak-ng":
        x, sample_rate = _speakers.espeak(
            f"{voice.accent}+{voice.speaker.removeprefix('espeak-')}",
            text,
            words_per_minute=round(165 * rate),
            pitch=int(np.clip(round(99 * (voice.pitch - 0.5)), 0, 99)),
        )
        return resample_poly(x, SAMPLE_RATE, sample_rate)
    speakers = [person for person in PEOPLE if person.name == voice.speaker]
    raw = spoken(speakers[rng.integers(len(speakers))], text)
    x = resynthesize(*analyze(*raw, quick=True), voice, tempo=rate, rng=rng)
    return resample_poly(x, SAMPLE_RATE, WORLD_RATE)


def spoken(speaker: Speaker, text: str) -> tuple[np.ndarray, int]:
    """Return what a flite or Festival speaker makes of a text, and its sample rate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        if speaker.engine == "flite":
            _speakers.run(["flite", "-voice", speaker.tool_voice, "-o", str(path), "-t", f"{text}."])
        else:
            what = f"Segments ({segments(speaker, text)})" if speaker.sounds else f'Text "{text}."'
            script = Path(folder) / "say.scm"
            script.write_text(
                f"(voice_{speaker.tool_voice})\n"
                f'(utt.save.wave (utt.synth (Utterance {what})) "{path}" \'riff)\n',
                encoding="utf-8",
            )
            _speakers.run(["festival", "-b", str(script)])
        return sf.read(path)


def segments(speaker: Speaker, text: str) -> str:
    """Write a text as Festival segments, (sound seconds (offset f0)), in a foreign speaker's own sounds."""
    with tempfile.TemporaryDirectory() as folder:
        shown = _speakers.run(
            ["flite", "-voice", "rms", "-o", str(Path(folder) / "x.wav"), "-psdur", "-t", f"{text}."]
        )
    sounds = re.findall(r"(\S+):([\d.]+)", shown)
    own, start = [], 0.0
    for i, (sound, end) in enumerate(sounds):
        seconds, start = float(end) - start, float(end)
        last = i + 1 == len(sounds) or sounds[i + 1][0] == "pau"
        known = _MORE[speaker.accent] | {"pau": "#"}
        nearest = ((last and known.get(f"{sound}_last")) or known[sound]).split()
        shares = (1.0,) if len(nearest) == 1 else (0.6, 0.4)
        own += [(s, seconds * share) for s, share in zip(nearest, shares, strict=False)]
    total, at, parts = sum(seconds for _, seconds in own), 0.0, []
    for sound, seconds in own:
        # the melody falls from beginning to end, and each half second has its little rise
        f0 = speaker.f0_hz * (1.12 - 0.3 * at / total + 0.06 * np.sin(4 * np.pi * at))
        parts.append(f"({sound} {seconds:.3f} ({seconds / 2:.3f} {f0:.0f}))")
        at += seconds
    return " ".join(parts)
