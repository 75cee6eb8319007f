"""The synthesisers behind ``data/digits``: how each is made to say the ten digits.

A *speaker* is a person whose recordings a synthesiser was built from (flite, Festival), or a set of formants
that somebody designed (espeak-ng). `utterances` returns what a speaker says, as *raw* clips; `_voices` makes
voices of them.

The speakers of Festival's Italian, Czech and Finnish voices know no English. They are given the English
durations and, for each English sound, the nearest of their own: foreign accents, as a learner would have
them.
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

from .digits import DIGIT_NAMES

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
    accent: tuple(words.split(", "))
    for accent, words in {
        "british": "z ih r ow, w ah n, t uw, th r iy, f ao, f ay v, s ih k s, s eh v n, ey t, n ay n",
        "german": "z iy r ow, v ah n, t uw, s r iy, f ao r, f ay f, z ih k s, z eh v ax n, ey t, n ay n",
        "french": "z iy r ow, w ae n, t uw, s r iy, f ao r, f ay v, s iy k s, s eh v eh n, eh t, n ay n",
        "greek": "z iy r ao, w aa n, t uw, th r iy, f ao r, f ay v, s iy k s, s eh v eh n, ey t, n ay n",
        "spanish": "s iy r ow, w aa n, t uw, t r iy, f ao r, f ay b, s iy k s, s eh b eh n, ey t, n ay n",
        "indian": "z iy r ow, v ah n, t uw, t r iy, f ow r, f ay w, s ih k s, s eh w ax n, ey t, n ay n",
        "careful": "z iy r ow, w ah n, t uw, th r iy, f ao r, f ay v, s ih k s, s eh v eh n, ey t, n ay n",
    }.items()
}

# English sound -> the nearest sounds of a Festival voice of another language.
ITALIAN = dict(
    z="z", ih="i1", iy="i1", r="r", ow="o1 u", w="w", ah="a1", n="n", t="t", uw="u1", th="t", f="f",
    ao="O1", ay="a1 i", v="v", s="s", k="k", eh="E1", ax="e", ey="e1 i",
)  # fmt: skip
CZECH = dict(
    z="z", ih="i", iy="i:", r="r", ow="o u", w="v", ah="a", n="n", t="t", uw="u:", th="t", f="f", ao="o:",
    ay="a j", v="v", v_last="f", s="s", k="k", eh="e", ax="e", ey="e j",
)  # fmt: skip
FINNISH = dict(
    z="s", ih="i", iy="i:", r="r", ow="o u", w="u", ah="a", n="n", t="t", uw="u:", th="t", f="f", ao="o:",
    ay="a i", v="v", v_last="f", s="s", k="k", eh="e", ax="e", ey="e i",
)  # fmt: skip


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
    n_voices : int
        How many voices of the corpus are made of this speaker.
    high : bool
        Whether this is a woman's or a child's voice.
    package : str
        The Debian package that holds the voice.
    """

    name: str
    engine: str
    tool_voice: str
    accent: str
    f0_hz: float = 0.0
    sounds: dict[str, str] | None = None
    n_voices: int = 0
    high: bool = False
    package: str = ""


PEOPLE = (
    Speaker("awb", "flite", "awb", "scottish", n_voices=16, package="flite"),
    Speaker("rms", "flite", "rms", "american", n_voices=16, package="flite"),
    Speaker("slt", "flite", "slt", "american", n_voices=16, high=True, package="flite"),
    Speaker("slt", "festival", "cmu_us_slt_arctic_hts", "american", package="festvox-us-slt-hts"),
    Speaker("kal", "flite", "kal16", "american", n_voices=16, package="flite"),
    Speaker("ked", "festival", "ked_diphone", "american", n_voices=10, package="festvox-kdlpc16k"),
    Speaker("lp", "festival", "lp_diphone", "italian", 190, ITALIAN, 6, True, "festvox-italp16k"),
    Speaker("pc", "festival", "pc_diphone", "italian", 115, ITALIAN, 6, False, "festvox-itapc16k"),
    Speaker("ph", "festival", "czech_ph", "czech", 110, CZECH, 6, False, "festvox-czech-ph"),
    Speaker("machac", "festival", "czech_machac", "czech", 105, CZECH, 6, False, "festvox-czech-machac"),
    Speaker("krb", "festival", "czech_krb", "czech", 230, CZECH, 6, True, "festvox-czech-krb"),
    Speaker("dita", "festival", "czech_dita", "czech", 195, CZECH, 5, True, "festvox-czech-dita"),
    Speaker("lj", "festival", "suo_fi_lj_diphone", "finnish", 185, FINNISH, 6, True, "festvox-suopuhe-lj"),
    Speaker("mv", "festival", "hy_fi_mv_diphone", "finnish", 105, FINNISH, 5, False, "festvox-suopuhe-mv"),
)

TOOLS = {"flite": "flite", "festival": "festival", "espeak-ng": "espeak-ng"}  # program -> Debian package

Raw = dict[tuple[int, str, str], tuple[np.ndarray, int]]  # (digit, context, accent) -> (samples, sample rate)


def check_tools() -> None:
    """Raise `RuntimeError` with the Debian packages to install, if a program or a voice is missing."""
    missing = [package for program, package in TOOLS.items() if shutil.which(program) is None]
    for speaker in PEOPLE:
        if speaker.engine == "festival" and not list(
            Path("/usr/share/festival/voices").glob(f"*/{speaker.tool_voice}")
        ):
            missing.append(speaker.package)
    if missing:
        raise RuntimeError(
            f"Not on this machine: {', '.join(missing)}. "
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}"
        )


def utterances(speaker: Speaker) -> Raw:
    """Return all that a flite or Festival speaker says: each digit in each context and accent."""
    with tempfile.TemporaryDirectory() as folder:
        if speaker.engine == "flite":
            return _flite(speaker, Path(folder))
        return _festival(speaker, Path(folder))


def espeak(voice: str, text: str, *, words_per_minute: int, pitch: int) -> tuple[np.ndarray, int]:
    """Return what espeak-ng says. `pitch` runs from 0 to 99, 50 is the voice's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        run(["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "-w", str(path), text])
        return sf.read(path)


def _flite(speaker: Speaker, folder: Path) -> Raw:
    raw: Raw = {}
    path = str(folder / "x.wav")
    say = ["flite", "-voice", speaker.tool_voice, "-o", path, "-psdur"]
    for digit, word in enumerate(DIGIT_NAMES):
        for context, text in (("alone", f"{word}."), ("question", f"{word}?")):
            run([*say, "-t", text])
            raw[digit, context, speaker.accent] = sf.read(path)
        before, after = DIGIT_NAMES[(digit + 3) % 10], DIGIT_NAMES[(digit + 7) % 10]
        shown = run([*say, "-t", f"{before}, {word}, {after}."])
        x, sample_rate = sf.read(path)
        raw[digit, "list", speaker.accent] = _between_pauses(x, sample_rate, shown), sample_rate
        for accent, sounds in ACCENTS.items():
            run([*say, "-p", f"pau {sounds[digit]} pau"])
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
    for digit, word in enumerate(DIGIT_NAMES):
        for context in CONTEXTS if speaker.sounds else ("alone", "question"):
            for stretch in (0.85, 1.0, 1.2):
                path = folder / f"{digit}_{context}_{stretch}.wav"
                paths[digit, context, f"{speaker.accent}/{stretch}"] = path
                if speaker.sounds:
                    what = f"Segments ({_segments(speaker, digit, context, stretch)})"
                else:
                    lines.append(f"(Parameter.set 'Duration_Stretch {stretch})")
                    what = f'Text "{word}{"?" if context == "question" else "."}"'
                lines.append(f'(utt.save.wave (utt.synth (Utterance {what})) "{path}" \'riff)')
    script = folder / "say.scm"
    script.write_text("\n".join(lines), encoding="utf-8")
    run(["festival", "-b", str(script)])
    return {key: sf.read(path) for key, path in paths.items()}


def _segments(speaker: Speaker, digit: int, context: str, stretch: float) -> str:
    """Write a digit as Festival segments: (sound seconds (offset f0)), with the melody of the context."""
    parts = SOUNDS[digit].split()
    own: list[tuple[str, float]] = []
    for i, (sound, seconds) in enumerate(zip(parts[::2], map(float, parts[1::2]), strict=True)):
        last = 2 * i + 2 == len(parts)  # some languages have no voiced sound at the end of a word
        nearest = ((last and speaker.sounds.get(f"{sound}_last")) or speaker.sounds[sound]).split()
        shares = (1.0,) if len(nearest) == 1 else (0.6, 0.4)
        own += [(s, seconds * share * stretch) for s, share in zip(nearest, shares, strict=True)]
    melody = {"alone": (1.05, 1.15, 0.8), "list": (1.0, 1.05, 1.15), "question": (1.0, 0.92, 1.45)}[context]
    total = sum(seconds for _, seconds in own)
    text, at = f"(# 0.1 (0 {speaker.f0_hz * melody[0]:.0f}))", 0.0
    for sound, seconds in own:
        f0 = speaker.f0_hz * np.interp((at + seconds / 2) / total, (0, 0.35, 1), melody)
        text += f" ({sound} {seconds:.3f} ({seconds / 2:.3f} {f0:.0f}))"
        at += seconds
    return f"{text} (# 0.1)"


def run(command: list[str]) -> str:
    """Run a program; return what it says. Raises RuntimeError with its last words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {done.stderr.strip()[-300:]}")
    return done.stdout + done.stderr
