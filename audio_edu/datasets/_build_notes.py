"""Building ``data/notes``: ``audio-edu data build notes``."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import pretty_midi
import soundfile as sf
from scipy.signal import resample_poly

from ._build import PEAK, Clip, write_corpus

SAMPLE_RATE = 16000
RENDER_RATE = 48000
VELOCITIES = (40, 80, 120)
HELD_S, CLIP_S, SLOT_S, FIRST_S, LEAD_S = 0.75, 1.0, 3.0, 0.1, 0.01
COLUMNS = ("pitch", "velocity", "family", "preset")
SOUND_FONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/soundfonts/FluidR3_GM.sf2")

# instrument: (family, training presets, test preset)
# a preset: General MIDI program (0 to 127), lowest pitch, highest pitch
INSTRUMENTS: dict[str, tuple[str, tuple[tuple[int, int, int], ...], tuple[int, int, int]]] = {
    "piano": ("keyboard", ((0, 33, 93), (1, 33, 93)), (3, 33, 93)),
    "electric piano": ("keyboard", ((4, 36, 88),), (5, 36, 88)),
    "mallets": ("percussion", ((11, 53, 89), (12, 45, 84), (9, 72, 100)), (13, 60, 96)),
    "organ": ("organ", ((16, 36, 90), (17, 36, 90), (19, 36, 90)), (18, 36, 90)),
    "accordion": ("organ", ((21, 48, 86),), (23, 48, 86)),
    "guitar": ("guitar", ((24, 40, 80), (25, 40, 80), (26, 40, 80)), (27, 40, 80)),
    "bass": ("bass", ((32, 28, 55), (33, 28, 55)), (34, 28, 55)),
    "violin": ("strings", ((40, 55, 93), (41, 48, 81)), (110, 55, 93)),
    "string ensemble": ("strings", ((48, 36, 88), (50, 36, 88)), (49, 36, 88)),
    "choir": ("voice", ((52, 48, 79), (54, 48, 79)), (53, 48, 79)),
    "brass": ("brass", ((56, 54, 82), (57, 40, 70), (60, 41, 77)), (61, 43, 77)),
    "saxophone": ("reed", ((64, 56, 86), (65, 49, 80), (67, 36, 67)), (66, 44, 75)),
    "double reed": ("reed", ((68, 58, 88), (70, 34, 68)), (69, 52, 80)),
    "flute": ("pipe", ((73, 60, 95), (72, 74, 100)), (74, 62, 92)),
    "plucked lute": ("world", ((104, 48, 76), (105, 48, 80), (106, 50, 79)), (107, 48, 80)),
    "synth lead": ("synth", ((80, 40, 88), (87, 40, 88)), (81, 40, 88)),
}
N_TRAIN_PITCHES, N_TEST_PITCHES = 8, 6


def build(out: Path) -> None:
    """Make the corpus in the folder `out`.

    Raises
    ------
    RuntimeError
        If FluidSynth or its sound font is missing; the message names the Debian package.
    """
    missing = [] if shutil.which("fluidsynth") else ["fluidsynth"]
    fonts = [path for path in SOUND_FONTS if Path(path).is_file()]
    missing += [] if fonts else ["fluid-soundfont-gm"]
    if missing:
        raise RuntimeError(
            f"Not on this machine: {', '.join(missing)}. "
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}"
        )
    n_presets = sum(len(train) + 1 for _, train, _ in INSTRUMENTS.values())
    write_corpus(
        out, clips(Path(fonts[0])), sample_rate=SAMPLE_RATE, columns=COLUMNS, n_bits=13, n_voices=n_presets
    )


def clips(sound_font: Path) -> Iterator[list[Clip]]:
    """Play every note of every preset; one list of clips a preset."""
    for instrument, (family, train, test) in INSTRUMENTS.items():
        for number, (program, lowest, highest) in enumerate((*train, test)):
            # of several training presets the last is for validation; its pitches are even as theirs are
            is_last = 0 < number == len(train) - 1
            split = "test" if number == len(train) else "validation" if is_last else "train"
            notes = [(pitch, v) for pitch in pitches(lowest, highest, split) for v in VELOCITIES]
            sounds = render(sound_font, program, notes)
            # one factor for the whole preset: soft notes stay softer than loud ones
            scale = PEAK / max(np.abs(x).max() for x in sounds)
            voice = f"{instrument.replace(' ', '-')}-{program:03d}"
            yield [
                Clip(
                    x * scale, instrument, voice, split,
                    {"pitch": pitch, "velocity": velocity, "family": family, "preset": program},
                )
                for (pitch, velocity), x in zip(notes, sounds, strict=True)
            ]  # fmt: skip


def pitches(lowest: int, highest: int, split: str) -> list[int]:
    """Return MIDI pitches spread over a range: even numbers for training, odd ones for testing."""
    odd = split == "test"
    n = N_TEST_PITCHES if odd else N_TRAIN_PITCHES
    return sorted({int(2 * round((p - odd) / 2) + odd) for p in np.linspace(lowest + 1, highest - 1, n)})


def render(sound_font: Path, program: int, notes: list[tuple[int, int]]) -> list[np.ndarray]:
    """Play notes (pitch, velocity) with FluidSynth, dry; returns each as [shape=(n_samples,)] at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        midi_file, wav_file = f"{folder}/notes.mid", f"{folder}/notes.wav"
        midi(program, notes).write(midi_file)
        # no shell, quiet; no reverb, no chorus; a gain that leaves headroom; 32-bit floats
        options = f"-ni -q -R 0 -C 0 -g 0.4 -r {RENDER_RATE} -O float -T wav".split()
        done = subprocess.run(
            ["fluidsynth", *options, "-F", wav_file, str(sound_font), midi_file],
            capture_output=True,
            text=True,
        )
        if done.returncode or not Path(wav_file).is_file():
            raise RuntimeError(f"fluidsynth failed ({done.returncode}): {done.stderr.strip()[-300:]}")
        x, _ = sf.read(wav_file, always_2d=True)
    x = resample_poly(x.mean(axis=1), SAMPLE_RATE, RENDER_RATE)
    n_samples = round(CLIP_S * SAMPLE_RATE)
    fade = np.linspace(1, 0, round(0.08 * SAMPLE_RATE)) ** 2
    sounds = []
    for i in range(len(notes)):
        start = round((i * SLOT_S + FIRST_S - LEAD_S) * SAMPLE_RATE)
        sound = librosa.util.fix_length(x[start : start + n_samples], size=n_samples)
        sound[-fade.size :] *= fade
        if np.abs(sound).max() < 1e-4:
            raise RuntimeError(
                f"Preset {program} is silent at pitch {notes[i][0]}; its range in INSTRUMENTS is wrong."
            )
        sounds.append(sound)
    return sounds


def midi(program: int, notes: list[tuple[int, int]]) -> pretty_midi.PrettyMIDI:
    """Return a score of single notes, one every `SLOT_S` s from `FIRST_S` on."""
    # A beat is a second and has 1000 ticks: no event is moved.
    score = pretty_midi.PrettyMIDI(resolution=1000, initial_tempo=60)
    instrument = pretty_midi.Instrument(program)
    for i, (pitch, velocity) in enumerate(notes):
        start = i * SLOT_S + FIRST_S
        instrument.notes.append(pretty_midi.Note(velocity, pitch, start, start + HELD_S))
    # FluidSynth stops at the last event: "all notes off" comes when the last note has died away.
    instrument.control_changes.append(pretty_midi.ControlChange(123, 0, len(notes) * SLOT_S))
    score.instruments.append(instrument)
    return score
