"""The synthesisers behind ``data/digits``: how each is made to say the ten digits.

A *speaker* is a person whose recordings a synthesiser was built from (flite, Festival), or a set of formants that
somebody designed (espeak-ng). `utterances` returns what a speaker says, as *raw* clips; `_voices` makes voices of them.

The speakers of Festival's Italian, Czech, Finnish and Hindi voices know no English. They are given the English
durations and, for each English sound, the nearest of their own: foreign accents, as a learner would have them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CONTEXTS = ("alone", "list", "question")

# The sounds of each digit in the symbols of the CMU dictionary, with the seconds they last in careful speech
# (means over flite's voices).
SOUNDS = (
    "z .10 ih .10 r .10 ow .18", "w .10 ah .12 n .12", "t .09 uw .20", "th .14 r .07 iy .18",
    "f .12 ao .18 r .12", "f .11 ay .24 v .10", "s .15 ih .11 k .09 s .17", "s .15 eh .10 v .06 ax .08 n .12",
    "ey .20 t .12", "n .08 ay .23 n .12",
)  # fmt: skip

# How each digit comes out in English with an accent, for flite's phone input.
ACCENTS = {
    "british": ("z ih r ow", "w ah n", "t uw", "th r iy", "f ao", "f ay v", "s ih k s", "s eh v n", "ey t", "n ay n"),
    "german": ("z iy r ow", "v ah n", "t uw", "s r iy", "f ao r", "f ay f", "z ih k s", "z eh v ax n", "ey t", "n ay n"),
    "french": ("z iy r ow", "w ae n", "t uw", "s r iy", "f ao r", "f ay v", "s iy k s", "s eh v eh n", "eh t", "n ay n"),
    "greek": ("z iy r ao", "w aa n", "t uw", "th r iy", "f ao r", "f ay v", "s iy k s", "s eh v eh n", "ey t", "n ay n"),
    "spanish": ("s iy r ow", "w aa n", "t uw", "t r iy", "f ao r", "f ay b", "s iy k s", "s eh b eh n", "ey t", "n ay n"),
    "indian": ("z iy r ow", "v ah n", "t uw", "t r iy", "f ow r", "f ay w", "s ih k s", "s eh w ax n", "ey t", "n ay n"),
    "careful": ("z iy r ow", "w ah n", "t uw", "th r iy", "f ao r", "f ay v", "s ih k s", "s eh v eh n", "ey t", "n ay n"),
}  # fmt: skip

# English sound -> the nearest sounds of a Festival voice of another language.
ITALIAN = dict(z="z", ih="i1", iy="i1", r="r", ow="o1 u", w="w", ah="a1", n="n", t="t", uw="u1", th="t", f="f", ao="O1",
               ay="a1 i", v="v", s="s", k="k", eh="E1", ax="e", ey="e1 i")  # fmt: skip
CZECH = dict(z="z", ih="i", iy="i:", r="r", ow="o u", w="v", ah="a", n="n", t="t", uw="u:", th="t", f="f", ao="o:",
             ay="a j", v="v", s="s", k="k", eh="e", ax="e", ey="e j")  # fmt: skip
FINNISH = dict(z="s", ih="i", iy="i:", r="r", ow="o u", w="u", ah="a", n="n", t="t", uw="u:", th="t", f="f", ao="o:",
               ay="a i", v="v", s="s", k="k", eh="e", ax="e", ey="e i")  # fmt: skip
HINDI = dict(z="j", ih="ih", iy="iy", r="r", ow="oh", w="v", ah="a", n="n", t="T", uw="uw", th="th", f="f", ao="aw",
             ay="aa ih", v="v", s="s", k="k", eh="eh", ax="a", ey="ee")  # fmt: skip
CATALAN_TEXT = ("sirou", "uan", "tu", "tri", "for", "faif", "sics", "seven", "eit", "nain")
RUSSIAN_TEXT = ("зироу", "уан", "ту", "три", "фор", "файв", "сикс", "севен", "эйт", "найн")


@dataclass(frozen=True)
class Speaker:
    """Somebody who can say the digits.

    Parameters
    ----------
    name : str
        The speaker's name in the corpus.
    engine : str
        ``flite``, ``festival`` or ``espeak-ng``.
    tool_voice : str
        The voice's name in that engine.
    accent : str
        Where the speaker's own way of speaking comes from.
    f0_hz : float
        The pitch at which the speaker is asked to speak, where the engine does not know it by itself.
    sounds : dict, optional
        English sound -> the voice's own sounds, for a voice that knows no English.
    texts : tuple of str, optional
        The ten digits spelled in the voice's own language.
    package : str
        The Debian package that holds the voice.
    terms : str
        The licence of the recordings or formants.
    """

    name: str
    engine: str
    tool_voice: str
    accent: str
    f0_hz: float = 0.0
    sounds: dict[str, str] | None = None
    texts: tuple[str, ...] | None = None
    package: str = ""
    terms: str = ""


_CMU = "CMU (free, with attribution)"
PEOPLE = (
    Speaker("awb", "flite", "awb", "scottish", package="flite", terms=_CMU),
    Speaker("rms", "flite", "rms", "american", package="flite", terms=_CMU),
    Speaker("slt", "flite", "slt", "american", package="flite", terms=_CMU),
    Speaker("kal", "flite", "kal16", "american", package="flite", terms=_CMU),
    Speaker("ked", "festival", "ked_diphone", "american", package="festvox-kdlpc16k", terms="CSTR/CMU (free, with attribution)"),
    Speaker("slt", "festival", "cmu_us_slt_arctic_hts", "american", package="festvox-us-slt-hts", terms=_CMU),
    Speaker("lp", "festival", "lp_diphone", "italian", 190, ITALIAN, package="festvox-italp16k", terms="GPL-2+"),
    Speaker("pc", "festival", "pc_diphone", "italian", 115, ITALIAN, package="festvox-itapc16k", terms="GPL-2+"),
    Speaker("ph", "festival", "czech_ph", "czech", 110, CZECH, package="festvox-czech-ph", terms="GPL-2+"),
    Speaker("dita", "festival", "czech_dita", "czech", 195, CZECH, package="festvox-czech-dita", terms="GPL-3+"),
    Speaker("machac", "festival", "czech_machac", "czech", 105, CZECH, package="festvox-czech-machac", terms="GPL-3+"),
    Speaker("krb", "festival", "czech_krb", "czech", 230, CZECH, package="festvox-czech-krb", terms="GPL-3+"),
    Speaker("mv", "festival", "hy_fi_mv_diphone", "finnish", 105, FINNISH, package="festvox-suopuhe-mv", terms="LGPL-2+"),
    Speaker("lj", "festival", "suo_fi_lj_diphone", "finnish", 185, FINNISH, package="festvox-suopuhe-lj", terms="LGPL-2+"),
    Speaker("nsk", "festival", "hindi_NSK_diphone", "indian", 120, HINDI, package="festvox-hi-nsk festival-hi", terms="GPL-2+"),
    Speaker("ona", "festival", "upc_ca_ona_hts", "catalan", texts=CATALAN_TEXT, package="festvox-ca-ona-hts", terms="LGPL-2.1+"),
    Speaker("nsh", "festival", "msu_ru_nsh_clunits", "russian", texts=RUSSIAN_TEXT, package="festvox-ru", terms="BSD-like"),
)  # fmt: skip

TOOLS = {"flite": "flite", "festival": "festival", "espeak-ng": "espeak-ng"}  # program -> Debian package

Raw = dict[tuple[int, str, str], tuple[np.ndarray, int]]  # (digit, context, accent) -> (samples, sample rate)


def check_tools() -> None:
    """Raise `RuntimeError` with the Debian packages to install, if a program or a voice is missing."""
    missing = [package for program, package in TOOLS.items() if shutil.which(program) is None]
    for speaker in PEOPLE:
        if speaker.engine == "festival" and not list(Path("/usr/share/festival/voices").glob(f"*/{speaker.tool_voice}")):
            missing += speaker.package.split()
    if missing:
        raise RuntimeError(
            f"Not on this machine: {', '.join(missing)}. On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}"
        )


def utterances(speaker: Speaker) -> Raw:
    """Return everything that a flite or Festival speaker says: each digit in each context, perhaps in several accents."""
    with tempfile.TemporaryDirectory() as folder:
        if speaker.engine == "flite":
            return _flite(speaker, Path(folder))
        return _festival(speaker, Path(folder))


def espeak(voice: str, text: str, *, words_per_minute: int, pitch: int) -> tuple[np.ndarray, int]:
    """Return what espeak-ng says. `pitch` runs from 0 to 99, 50 is the voice's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        _run(["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "-w", str(path), text])
        return sf.read(path)


def _flite(speaker: Speaker, folder: Path) -> Raw:
    raw: Raw = {}
    path = str(folder / "x.wav")
    say = ["flite", "-voice", speaker.tool_voice, "-o", path, "-psdur"]
    for digit, word in enumerate(WORDS):
        for context, text in (("alone", f"{word}."), ("question", f"{word}?")):
            _run([*say, "-t", text])
            raw[digit, context, speaker.accent] = sf.read(path)
        before, after = WORDS[(digit + 3) % 10], WORDS[(digit + 7) % 10]
        shown = _run([*say, "-t", f"{before}, {word}, {after}."])
        x, sample_rate = sf.read(path)
        raw[digit, "list", speaker.accent] = _between_pauses(x, sample_rate, shown), sample_rate
        for accent, sounds in ACCENTS.items():
            _run([*say, "-p", f"pau {sounds[digit]} pau"])
            raw[digit, "alone", accent] = sf.read(path)
    return raw


def _between_pauses(x: np.ndarray, sample_rate: int, shown: str) -> np.ndarray:
    """Return the second of three words, found by flite's own times ("sound:end" in seconds)."""
    ends = [(sound, float(end)) for sound, end in re.findall(r"(\S+):([\d.]+)", shown)]
    pauses = [i for i, (sound, _) in enumerate(ends) if sound == "pau"]
    if len(pauses) != 4:
        raise RuntimeError(f"flite did not pause between three words: {shown!r}")
    # half of each pause belongs to the word: its first and last sounds ring into it
    start = (ends[pauses[1] - 1][1] + ends[pauses[1]][1]) / 2
    end = (ends[pauses[2] - 1][1] + ends[pauses[2]][1]) / 2
    return x[round(start * sample_rate) : round(end * sample_rate)]


def _festival(speaker: Speaker, folder: Path) -> Raw:
    lines = [f"(voice_{speaker.tool_voice})"]
    paths: dict[tuple[int, str, str], Path] = {}
    for digit, word in enumerate(WORDS):
        for context in CONTEXTS:
            for stretch in (0.85, 1.0, 1.2):
                path = folder / f"{digit}_{context}_{stretch}.wav"
                paths[digit, context, f"{speaker.accent}/{stretch}"] = path
                if speaker.sounds:
                    what = f"Segments ({_segments(speaker, digit, context, stretch)})"
                else:
                    text = speaker.texts[digit] if speaker.texts else word
                    lines.append(f"(Parameter.set 'Duration_Stretch {stretch})")
                    what = f'Text "{text}{"?" if context == "question" else "."}"'
                lines.append(f"(utt.save.wave (utt.synth (Utterance {what})) \"{path}\" 'riff)")
    script = folder / "say.scm"
    script.write_text("\n".join(lines), encoding="utf-8")
    _run(["festival", "-b", str(script)])
    return {key: sf.read(path) for key, path in paths.items()}


def _segments(speaker: Speaker, digit: int, context: str, stretch: float) -> str:
    """Write a digit as Festival segments: (sound seconds (offset f0)), with the melody of the context."""
    parts = SOUNDS[digit].split()
    silence = "pau" if speaker.accent == "indian" else "#"
    own: list[tuple[str, float]] = []
    for sound, seconds in zip(parts[::2], map(float, parts[1::2]), strict=True):
        nearest = speaker.sounds[sound].split()
        shares = (1.0,) if len(nearest) == 1 else (0.6, 0.4)
        own += [(s, seconds * share * stretch) for s, share in zip(nearest, shares, strict=True)]
    melody = {"alone": (1.05, 1.15, 0.8), "list": (1.0, 1.05, 1.15), "question": (1.0, 0.92, 1.45)}[context]
    total = sum(seconds for _, seconds in own)
    text, at = f"({silence} 0.1 (0 {speaker.f0_hz * melody[0]:.0f}))", 0.0
    for sound, seconds in own:
        f0 = speaker.f0_hz * np.interp((at + seconds / 2) / total, (0, 0.35, 1), melody)
        text += f" ({sound} {seconds:.3f} ({seconds / 2:.3f} {f0:.0f}))"
        at += seconds
    return f"{text} ({silence} 0.1)"


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {done.stderr.strip()[-300:]}")
    return done.stdout + done.stderr
