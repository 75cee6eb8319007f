"""Building ``data/scenes``: ``audio-edu data build scenes``.

Speech and singing come from the voices of ``data/digits``; a singer is a voice whose pitch is put on notes
and whose vowels are held. Music is written by rule (chords, a melody, a beat) and played by a sound font,
each instrument by itself. Effects are played by sound fonts and computed by `_effects`.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import mido
import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

from . import _build_digits, _speakers
from ._build import Clip, write_corpus
from ._build_sentences import spoken
from ._effects import GENERATORS
from ._speakers import PEOPLE
from ._voices import FRAME_MS, WORLD_RATE, Voice, all_voices, analyze, resynthesize
from .scenes import EFFECTS, SAMPLE_RATE, active

RENDER_RATE = 48000
FONTS = {"gm": "FluidR3_GM.sf2", "gs": "FluidR3_GS.sf2", "tim": "TimGM6mb.sf2"}
#: The Debian packages that they are in.
PACKAGES = {"gm": "fluid-soundfont-gm", "gs": "fluid-soundfont-gs", "tim": "timgm6mb-soundfont"}
FONT_DIRS = ("/usr/share/sounds/sf2", "/usr/share/soundfonts")
COLUMNS = ("kind", "piece", "style", "made_by")
STEM_S, LONGEST_S = 5.0, 5.0
#: All clips are brought to this level over their louder half.
LEVEL = 0.08

TEXTS = (
    "The train to the north leaves from platform nine.",
    "Could you open the window, please? It is warm in here.",
    "We walked along the river until it was dark.",
    "My sister bought two pounds of apples at the market.",
    "Nobody knew who had written the letter.",
    "Turn left at the bakery, and then go straight on.",
    "She said that the meeting begins at half past ten.",
    "An old man sat on the bench and fed the pigeons.",
    "I would rather have tea with a little milk.",
    "The children are playing behind the house.",
    "He forgot his umbrella, of course, on the bus.",
    "There is a small hotel near the harbour.",
    "What are you going to do at the weekend?",
    "The soup was too hot, so we waited a while.",
    "They have been friends since they were at school.",
    "Please speak after the tone, and then hang up.",
    "A cold wind blew the leaves across the yard.",
    "Every book on this shelf belongs to my uncle.",
    "If it rains tomorrow, we shall visit the museum.",
    "The doctor told her to rest for a few days.",
)

# A preset is (font, bank, program). By family and split; none is in two of the splits.
PRESETS: dict[str, dict[str, tuple[tuple[str, int, int], ...]]] = {
    "piano": {
        "train": (("gm", 0, 0), ("gm", 0, 1), ("gm", 0, 4), ("tim", 0, 0), ("tim", 0, 2), ("tim", 0, 4)),
        "validation": (("gm", 0, 2),),
        "test": (("gm", 0, 3), ("gm", 0, 5)),
    },
    "guitar": {
        "train": (
            *(("gm", 0, program) for program in (24, 25, 26, 28, 29)),
            *(("tim", 0, program) for program in (24, 25, 26)),
        ),
        "validation": (("gm", 8, 25),),
        "test": (("gm", 0, 27), ("gm", 8, 24), ("gm", 0, 30)),
    },
    "strings": {
        "train": (
            *(("gm", 0, program) for program in (40, 41, 48, 44, 45)),
            *(("tim", 0, program) for program in (40, 48)),
        ),
        "validation": (("gm", 0, 50),),
        "test": (("gm", 0, 42), ("gm", 0, 49)),
    },
    "brass": {
        "train": (
            *(("gm", 0, program) for program in (56, 57, 60, 62)),
            *(("tim", 0, program) for program in (56, 57, 60, 62)),
        ),
        "validation": (("gm", 0, 59),),
        "test": (("gm", 0, 61), ("gm", 0, 58)),
    },
    "woodwind": {
        "train": (
            *(("gm", 0, program) for program in (73, 71, 68, 64, 66, 67, 69, 75, 79)),
            *(("tim", 0, program) for program in (73, 71, 68)),
        ),
        "validation": (("gm", 0, 72),),
        "test": (("gm", 0, 74), ("gm", 0, 65), ("gm", 0, 70)),
    },
    "drums": {
        "train": (
            *(("gm", 128, program) for program in (0, 24, 25, 40)),
            *(("tim", 128, program) for program in (0, 24)),
        ),
        "validation": (("gm", 128, 8),),
        "test": (("gm", 128, 16), ("gm", 128, 32)),
    },
    "bass": {
        "train": (("gm", 0, 32), ("gm", 0, 33), ("gm", 0, 36), ("tim", 0, 32)),
        "validation": (("gm", 0, 34),),
        "test": (("gm", 0, 35), ("gm", 0, 38)),
    },
    "choir": {
        "train": (("gm", 0, 52), ("tim", 0, 52)),
        "validation": (("gm", 0, 54),),
        "test": (("gm", 0, 53),),
    },
}
N_PIECES = {"train": 24, "validation": 6, "test": 10}

# Sampled effects: (preset, pitches, seconds between two notes, how long each is held)
SAMPLED: dict[str, dict[str, tuple[tuple[tuple[str, int, int], tuple[int, ...], float], ...]]] = {
    "rain": {"test": ((("gs", 1, 122), (48, 54, 60, 66, 72), 5.0),)},
    "wind": {"test": ((("gs", 3, 122), (54, 60, 66, 72, 78), 5.0),)},
    # not ("tim", 0, 122) to learn from: it is the same recording as ("gm", 0, 122)
    "sea": {"test": ((("gm", 0, 122), (48, 54, 60, 66, 72), 5.0),)},
    "bird": {
        "train": (
            (("gs", 3, 123), (57, 60, 64, 67, 72), 0.7),
            (("tim", 0, 123), (55, 60, 65, 69, 73), 1.2),
        ),
        "test": ((("gm", 0, 123), (54, 60, 64, 70, 74), 0.9),),
    },
    "bell": {
        "train": (
            (("gm", 0, 112), (60, 67, 72, 79, 84), 0.8),
            (("tim", 0, 14), (50, 57, 62, 66, 74), 1.3),
            (("tim", 0, 112), (58, 65, 70, 77, 82), 0.6),
        ),
        "test": ((("gm", 8, 14), (48, 55, 60, 64, 72), 1.6),),
    },
    "telephone": {
        "train": (
            (("gs", 1, 124), (55, 60, 64, 67, 72), 0.6),
            (("tim", 0, 124), (53, 58, 62, 65, 69), 1.7),
        ),
        "test": ((("gm", 0, 124), (54, 57, 60, 64, 67), 2.2),),
    },
    "applause": {
        "train": ((("tim", 0, 126), (50, 55, 60, 65, 70), 5.0),),
        "test": ((("gm", 0, 126), (52, 57, 60, 64, 69), 5.0),),
    },
    "engine": {
        "train": tuple(
            (preset, (48, 54, 60, 66, 72), 5.0)
            for preset in (("gm", 0, 125), ("gs", 6, 125), ("gs", 3, 125), ("gs", 7, 125), ("tim", 0, 125))
        ),
        "test": ((("gs", 1, 125), (48, 54, 60, 66, 72), 5.0),),
    },
    "footsteps": {"test": ((("gs", 5, 126), (52, 56, 60, 64, 69), 0.55),)},
    "siren": {"test": ((("gs", 5, 125), (48, 54, 60, 66, 72), 5.0),)},
    # sounds without a tag of their own, to see what is made of them
    "dog": {"test": ((("gs", 1, 123), (55, 57, 60, 62, 64, 67), 0.6),)},
    "laughter": {"test": ((("gs", 1, 126), (55, 57, 60, 62, 64, 67), 1.6),)},
    "horse": {"test": ((("gs", 2, 123), (55, 57, 60, 62, 64, 67), 5.0),)},
    "thunder": {"test": ((("gs", 2, 122), (50, 54, 57, 60, 64, 67), 4.0),)},
}
N_EFFECT_CLIPS = {"train": 5, "validation": 5, "test": 5}


def build(out: Path) -> None:
    """Make the corpus in the folder `out`.

    Raises
    ------
    RuntimeError
        If a program, a voice, a sound font or the package pyworld is missing; the message says how to install
        it.
    """
    _build_digits.check_tools()
    check_fonts()
    every = list(voices())
    write_corpus(
        out,
        (clips() for _, clips in every),
        sample_rate=SAMPLE_RATE,
        columns=COLUMNS,
        n_bits=None,
        compression=0.95,
        n_voices=len(every),
    )


def check_fonts() -> None:
    """Raise RuntimeError if FluidSynth or a sound font is missing; the message names the Debian packages."""
    missing = [] if shutil.which("fluidsynth") else ["fluidsynth"]
    missing += [PACKAGES[name] for name in FONTS if not font(name)]
    if missing:
        raise RuntimeError(
            f"Not on this machine: {', '.join(missing)}. "
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}"
        )


def font(name: str) -> str:
    """Return the path of a sound font; empty if it is not there."""
    paths = [Path(folder) / FONTS[name] for folder in FONT_DIRS]
    return next((str(path) for path in paths if path.is_file()), "")


def voices() -> Iterator[tuple[str, Callable[[], list[Clip]]]]:
    """Yield the name of every voice, and a function that makes its clips."""
    every = all_voices()
    for voice in speakers(every):
        yield f"speech-{voice.name}", partial(speech, voice)
    for voice in singers(every):
        yield f"singing-{voice.name}", partial(singing, voice)
    for family, by_split in PRESETS.items():
        for split, presets in by_split.items():
            for number, preset in enumerate(presets):
                yield f"{family}-{_name(preset)}", partial(stems, family, split, preset, number, len(presets))
    for effect in EFFECTS:
        for split, generators in GENERATORS[effect].items():
            for generator in generators:
                yield generator.__name__, partial(computed, effect, split, generator)
    for effect, by_split in SAMPLED.items():
        for split, every_preset in by_split.items():
            for preset, pitches, every_s in every_preset:
                yield f"{effect}-{_name(preset)}", partial(sampled, effect, split, preset, pitches, every_s)


def _name(preset: tuple[str, int, int]) -> str:
    return "{}-{:03d}-{:03d}".format(*preset)


def _clip(x: np.ndarray, label: str, voice: str, split: str, **info: str) -> Clip:
    """Bring a sound to the common level, its peak below full scale."""
    x = np.asarray(x, np.float64)
    a, b = active(x)
    power = np.square(x[a:b])
    x = x * LEVEL / np.sqrt(np.mean(np.sort(power)[len(power) // 2 :]) / 2 + 1e-12)
    x *= min(1.0, 0.95 / np.abs(x).max())
    return Clip(x, label, voice, split, {name: info.get(name, "") for name in COLUMNS})


def _trimmed(x: np.ndarray) -> np.ndarray:
    a, b = active(x)
    return x[a:b][: round(LONGEST_S * SAMPLE_RATE)]


def _rng(*names: str) -> np.random.Generator:
    """Chance that depends on names alone: one voice can be made without the others."""
    return np.random.default_rng([2026, *(ord(c) for c in "/".join(names))])


# --- voices ----------------------------------------------------------------------------------------------


def speakers(every: Sequence[Voice]) -> list[Voice]:
    """Three voices of each person, and every second of the formant voices."""
    people = [v for v in every if v.engine != "espeak-ng" and int(v.name[-2:]) in (0, 1, 3)]
    return people + [v for v in every if v.engine == "espeak-ng"][::2]


def singers(every: Sequence[Voice]) -> list[Voice]:
    """Two other voices of each person."""
    return [v for v in every if v.engine != "espeak-ng" and int(v.name[-2:]) in (2, 4)]


def speech(voice: Voice) -> list[Clip]:
    """Two sentences."""
    rng, name = _rng("speech", voice.name), f"speech-{voice.name}"
    return [
        _clip(
            _trimmed(_say(voice, text, rng)), "speech", name, voice.split, kind="speech", made_by=voice.engine
        )
        for text in rng.choice(TEXTS, 2, replace=False)
    ]


def _say(voice: Voice, text: str, rng: np.random.Generator) -> np.ndarray:
    tempo = float(voice.tempo * np.exp(rng.uniform(-0.1, 0.1)))
    if voice.engine == "espeak-ng":
        variant = f"{voice.accent}+{voice.speaker.removeprefix('espeak-')}"
        pitch = int(np.clip(round(99 * (voice.pitch - 0.5)), 0, 99))
        x, rate = _speakers.espeak(variant, text, words_per_minute=round(165 * tempo), pitch=pitch)
        return resample_poly(x, SAMPLE_RATE, rate)
    return resynthesize(*analyze(*_raw(voice, text, rng), quick=True), voice, tempo=tempo, rng=rng)


def _raw(voice: Voice, text: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    people = [person for person in PEOPLE if person.name == voice.speaker]
    return spoken(people[rng.integers(len(people))], text.rstrip(".").replace("?", ""))


def singing(voice: Voice) -> list[Clip]:
    """Two sentences, sung."""
    rng, name = _rng("singing", voice.name), f"singing-{voice.name}"
    return [
        _clip(
            _trimmed(_sing(voice, text, rng)), "singing", name, voice.split, kind="singing", made_by="WORLD"
        )
        for text in rng.choice(TEXTS, 2, replace=False)
    ]


def _sing(voice: Voice, text: str, rng: np.random.Generator) -> np.ndarray:
    """Hold the vowels, and put each on a note of a scale, with vibrato."""
    import pyworld

    f0, envelope, aperiodicity = analyze(*_raw(voice, text, rng), quick=True)
    f0, envelope, aperiodicity = (part[: round(2200 / FRAME_MS)] for part in (f0, envelope, aperiodicity))
    at = np.concatenate([[0.0], np.cumsum(np.where(f0 > 0, rng.uniform(2, 3.5), 1.0))])
    source = np.interp(np.arange(int(at[-1])), at[:-1], np.arange(len(f0))).round().astype(int)
    voiced, t = f0[source] > 0, np.arange(len(source)) * FRAME_MS / 1000
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    lowest = 12 * np.log2(max(np.median(f0[f0 > 0]), 90) / 440) + rng.uniform(0, 4)
    # a new note every 0.3 to 0.8 s
    ends = np.cumsum(rng.uniform(0.3, 0.8, 40))
    steps = np.clip(3 + np.cumsum(rng.integers(-2, 3, 40)), 0, len(scale) - 1)
    notes = lowest + scale[steps][np.searchsorted(ends, t)]
    notes = np.convolve(np.pad(notes, 8, mode="edge"), np.ones(17) / 17, mode="valid")  # it slides
    notes = notes + rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * rng.uniform(4.8, 6.5) * t)
    sung = np.where(voiced, 440 * 2 ** (notes / 12), 0.0).clip(0, 900)
    parts = (np.ascontiguousarray(part[source]) for part in (envelope, aperiodicity))
    return pyworld.synthesize(sung, *parts, WORLD_RATE, FRAME_MS)


# --- music -----------------------------------------------------------------------------------------------

#: A note: start and end (s), MIDI number, velocity.
Note = tuple[float, float, int, int]


def stems(family: str, split: str, preset: tuple[str, int, int], number: int, of: int) -> list[Clip]:
    """What a preset plays in the pieces of its split: in every one, or in its share of them."""
    kind = "singing" if family == "choir" else "music"
    label = {"choir": "singing", "bass": "music"}.get(family, f"music+{family}")
    voice, made = f"{family}-{_name(preset)}", []
    parts = [(f"{split}-{piece:02d}", *written(split, piece, family)) for piece in range(N_PIECES[split])]
    own = [part for part in parts if part[2]][number::of]
    sounds = play(preset, [notes for _, _, notes in own], STEM_S, drums=family == "drums")
    for (piece, style, _), x in zip(own, sounds, strict=True):
        made.append(_clip(x, label, voice, split, kind=kind, piece=piece, style=style, made_by=_name(preset)))
    return made


def written(split: str, piece: int, family: str) -> tuple[str, list[Note]]:
    """Return the style of a piece and the notes of one of its parts: chords, a melody, a bass, a beat."""
    rng = _rng("piece", split, str(piece))
    style = "chorale" if piece % 3 == 0 else "pop"
    beat = 60 / (rng.uniform(60, 84) if style == "chorale" else rng.uniform(84, 140))
    key, minor = int(rng.integers(-5, 7)), bool(rng.integers(2))
    scale = np.array([0, 2, 3, 5, 7, 8, 10] if minor else [0, 2, 4, 5, 7, 9, 11])
    degrees = rng.choice([0, 3, 4, 5, 1], 12, p=[0.35, 0.2, 0.2, 0.15, 0.1])
    degrees[0] = 0
    own = _rng("part", split, str(piece), family)  # each part plays in its own way
    n_beats = int(STEM_S / beat) + 1

    def pitch(step: int, middle: int) -> int:
        return middle + key + 12 * (step // 7) + int(scale[step % 7])

    def chord(k: int) -> tuple[int, ...]:
        root = int(degrees[(k // (1 if style == "chorale" else 4)) % len(degrees)])
        return root, root + 2, root + 4

    notes: list[Note] = []
    if style == "chorale":
        if family in ("drums", "bass", "guitar"):
            return style, []
        low = {"brass": 48, "strings": 48, "choir": 48, "woodwind": 60, "piano": 48}[family]
        for k in range(n_beats):
            tones = (pitch(chord(k)[0], low - 12), *(pitch(step, low) for step in chord(k)))
            top = pitch(chord(k)[own.integers(3)], low + 12)
            notes += [(k * beat, (k + 0.95) * beat, p, 80) for p in (*tones, top)]
        return style, notes
    if family == "choir":
        return style, []
    if family == "drums":
        for k in range(2 * n_beats):
            t = k * beat / 2
            hits = [42 if own.random() < 0.85 else 46]
            hits += [36] if k % 4 == 0 or own.random() < 0.12 else []
            hits += [38] if k % 4 == 2 else []
            notes += [(t, t + 0.1, hit, int(own.integers(70, 115))) for hit in hits]
        return style, notes
    if family == "bass":
        for k in range(2 * n_beats):
            if k % 2 == 0 or own.random() < 0.4:
                t = k * beat / 2
                notes.append((t, t + 0.45 * beat, pitch(chord(k // 2)[0], 36), 100))
        return style, notes
    if family in ("piano", "guitar") or (family == "strings" and piece % 2):
        arpeggio, low = family == "guitar" and own.random() < 0.6, 48
        for k in range(2 * n_beats):
            steps = chord(k // 2)
            t = k * beat / 2
            if arpeggio:
                notes.append((t, t + beat, pitch(steps[[0, 1, 2, 1][k % 4]], low), 90))
            elif family == "strings" and k % 8 == 0:
                notes += [(t, t + 3.9 * beat, pitch(step, low + 12), 80) for step in steps]
            elif family != "strings" and (k % 4 == 0 or own.random() < 0.35):
                notes += [(t, t + 0.8 * beat, pitch(step, low), 90) for step in (*steps, steps[0] + 7)]
        return style, notes
    step, t = 7, float(own.integers(0, 3)) * beat  # a melody
    low = {"brass": 53, "woodwind": 60, "strings": 55}[family]
    while t < STEM_S:
        length = float(own.choice([0.5, 0.5, 1.0, 1.5, 2.0])) * beat
        step = int(np.clip(step + own.integers(-3, 4), 1, 12))
        notes.append((t, t + 0.92 * length, pitch(step, low), int(own.integers(75, 110))))
        t += length + (beat if own.random() < 0.12 else 0)
    return style, notes


def play(
    preset: tuple[str, int, int], parts: Sequence[Sequence[Note]], seconds: float, *, drums: bool = False
) -> list[np.ndarray]:
    """Play notes with FluidSynth, dry, one part after the other; each is cut off after some seconds.

    Returns samples at 16 kHz [shape=(n_samples,)] for each part.
    """
    name, bank, program = preset
    on_channel = {"channel": 9 if drums else 0}
    events = [
        (0.0, 0, mido.Message("control_change", control=0, value=0 if drums else bank, **on_channel)),
        (0.0, 1, mido.Message("program_change", program=program, **on_channel)),
    ]
    slot_s = seconds + 0.5
    for i, notes in enumerate(parts):
        for start, end, pitch, velocity in notes:
            pitch, at = int(np.clip(pitch, 20, 108)), i * slot_s
            on = mido.Message("note_on", note=pitch, velocity=velocity, **on_channel)
            off = mido.Message("note_off", note=pitch, **on_channel)
            events += [(at + start, 4, on), (at + min(end, seconds), 3, off)]
        silence = mido.Message("control_change", control=120, value=0, **on_channel)
        events.append((i * slot_s + seconds, 2, silence))
    track, now = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)]), 0
    for at_s, _, message in sorted(events, key=lambda event: event[:2]):
        ticks = round(1000 * at_s)
        track.append(message.copy(time=ticks - now))
        now = ticks
    # FluidSynth stops at the last event
    track.append(mido.Message("control_change", control=7, value=100, time=600, **on_channel))
    file = mido.MidiFile(ticks_per_beat=1000)
    file.tracks.append(track)
    with tempfile.TemporaryDirectory() as folder:
        midi_file, wav_file = f"{folder}/notes.mid", f"{folder}/notes.wav"
        file.save(midi_file)
        options = f"-ni -q -R 0 -C 0 -g 0.4 -r {RENDER_RATE} -O float -T wav -o synth.midi-bank-select=gs"
        command = ["fluidsynth", *options.split(), "-F", wav_file, font(name), midi_file]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not Path(wav_file).is_file():
            raise RuntimeError(f"fluidsynth failed ({done.returncode}): {done.stderr.strip()[-300:]}")
        x, _ = sf.read(wav_file, always_2d=True)
    x = resample_poly(x.mean(axis=1), SAMPLE_RATE, RENDER_RATE)
    starts = [round(i * slot_s * SAMPLE_RATE) for i in range(len(parts))]
    sounds = [x[start : start + round(seconds * SAMPLE_RATE)] for start in starts]
    if any(len(y) < seconds * SAMPLE_RATE - 1 or np.abs(y).max() < 1e-4 for y in sounds):
        raise RuntimeError(f"preset {_name(preset)} is silent.")
    return sounds


# --- effects ---------------------------------------------------------------------------------------------


def computed(effect: str, split: str, generator) -> list[Clip]:
    """Clips of three to five seconds from one generator."""
    made, name = [], generator.__name__
    for i in range(N_EFFECT_CLIPS[split]):
        rng = _rng(name, str(i))
        x = generator(rng, int(rng.uniform(3.0, LONGEST_S) * SAMPLE_RATE))
        made.append(_clip(x, effect, name, split, kind=effect, made_by="arithmetic"))
    return made


def sampled(
    effect: str, split: str, preset: tuple[str, int, int], pitches: Sequence[int], every_s: float
) -> list[Clip]:
    """A clip for each pitch of a preset; what is short is repeated."""
    voice, label = f"{effect}-{_name(preset)}", effect if effect in EFFECTS else ""
    rng, parts = _rng(voice), []
    for pitch in pitches:
        starts = np.arange(0, LONGEST_S - 0.3, every_s)
        starts = starts + rng.uniform(0, 0.1 * every_s, len(starts)) * (starts > 0)
        parts.append([(t, min(t + every_s, LONGEST_S), pitch, int(rng.integers(80, 120))) for t in starts])
    sounds = play(preset, parts, LONGEST_S)
    return [_clip(_trimmed(x), label, voice, split, kind=effect, made_by=_name(preset)) for x in sounds]
