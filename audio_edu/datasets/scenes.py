"""``data/scenes``: single sounds, and scenes of four seconds in which several of them sound at once, 16 kHz.

What ships are the *sources*: each a clip of one thing (a sentence, a stem of a piece, rain). A *scene* is
mixed from them: which, when, how loud is drawn at random, so that training never hears a scene twice; the
scenes of the validation and test parts are drawn once and for all. Since it is mixed, it is known when each
thing sounds.

The card, ``data/scenes/README.md``, says how the sources were made and what is wrong with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike

from .._validate import Size, check_choice, checked
from ..reproducible import SEED
from ._shipped import load_shipped
from .corpus import Corpus
from .targets import Tags

EFFECTS = (
    "rain", "wind", "sea", "bird", "bell", "telephone", "applause", "engine", "footsteps", "siren",
)  # fmt: skip
INSTRUMENTS = ("piano", "guitar", "strings", "brass", "woodwind", "drums")
TAG_NAMES = ("speech", "singing", "music", *INSTRUMENTS, *EFFECTS)
#: A scene's length (s), and its rate (Hz).
SCENE_S, SAMPLE_RATE = 4.0, 16000
#: How often a scene has so many things in it, and how likely each kind of thing is, before the others.
N_THINGS = (0.05, 0.30, 0.40, 0.25)
KINDS = ("speech", "singing", "music", *EFFECTS)
_OFTEN = np.array([2.0, 1.5, 3.0, *np.ones(len(EFFECTS))])
_OFTEN = _OFTEN / _OFTEN.sum()
#: Levels of the things (dB, against one another), and of the room's noise (dBFS).
GAIN_DB, REFERENCE_DB, ROOM_DB = (-10.0, 10.0), -28.0, (-75.0, -50.0)
#: A thing lasts from its first to its last 20 ms within so many dB of its loudest.
RANGE_DB = 30.0
#: Effects that go on without a beginning or an end: laid over themselves they are still what they are.
TEXTURES = ("rain", "wind", "sea", "applause", "engine")
#: How many rooms and microphones there are, and how long the transform that puts a sound there is (samples).
N_PLACES, _N_FFT = 100, 81920
_STEP = 320


@checked
def tags_of(labels: Sequence[str]) -> Tags:
    """Return the tags that labels such as ``"music+piano"`` name; an empty label names none.

    Examples
    --------
    >>> tags_of(["rain", "music+piano"]).present.sum(axis=1).tolist()
    [1, 2]
    """
    present = np.zeros((len(labels), len(TAG_NAMES)), bool)
    for row, label in zip(present, labels, strict=True):
        for name in filter(None, label.split("+")):
            row[TAG_NAMES.index(check_choice(name, "labels", TAG_NAMES))] = True
    return Tags(present, TAG_NAMES)


def load_scene_sources() -> Corpus:
    """Load the single sounds that scenes are mixed from.

    The targets are `Tags`. No voice (a speaker's voice, a preset of a sound font, a generator) appears in two
    of the splits.

    Returns
    -------
    Corpus
        ``info`` has the columns ``kind`` (``speech``, ``singing``, ``music``, an effect, or, for what has no
        tag, its own name), ``piece`` (stems of one piece fit together; empty for all else), ``style``
        (``chorale`` or ``pop``) and ``made_by`` (the program, the preset or the function behind it).

    Raises
    ------
    FileNotFoundError
        If ``data/scenes`` is not there.

    Examples
    --------
    >>> sources = load_scene_sources()
    >>> set(sources.development.voices) & set(sources.test.voices)
    set()
    """
    return load_shipped(
        "scenes",
        targets=tags_of,
        numbers={},
        licence="CC BY 4.0; some voices and samples GPL or LGPL, samples MIT: see data/scenes/README.md",
    )


@dataclass(frozen=True, eq=False)
class Scene:
    """A mixture, and what is in it.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)], float32
        The samples.
    events : np.ndarray [shape=(n_events, 3)]
        The number of the tag, start and end (s) of each event.
    parts : tuple of (int, float)
        The numbers of the sources, and how loud each is (dB).
    """

    x: np.ndarray
    events: np.ndarray
    parts: tuple[tuple[int, float], ...]


class Mixer:
    """Draws scenes from sources.

    Parameters
    ----------
    sources : Corpus
        Single sounds, as `load_scene_sources` returns them, of one split or of several.
    varied : bool
        Also change the sources, so that few sound like many: their speed, and with it their pitch, by up to
        a fifth, of effects by up to a factor of 1.8; the room and the microphone; and textures, such as rain,
        are laid over themselves.

    Examples
    --------
    >>> scene = Mixer(load_scene_sources().test).draw(np.random.default_rng(0))
    >>> scene.x.shape, scene.events.shape[1]
    ((64000,), 3)
    """

    def __init__(self, sources: Corpus, *, varied: bool = False):
        if not isinstance(sources.targets, Tags):
            raise TypeError(f"sources have {type(sources.targets).__name__}; expected tags.")
        self.sources, self.varied = sources, varied
        self.n_samples = round(SCENE_S * sources.sample_rate)
        kind, piece = sources.info["kind"], sources.info["piece"]
        self._rows = {name: np.flatnonzero(kind == name) for name in KINDS if (kind == name).any()}
        if not self._rows:
            raise ValueError(f"sources hold none of {', '.join(KINDS)}.")
        # a voice with many clips is drawn no more often than one with few
        self._voices = {
            name: [rows[sources.voices[rows] == voice] for voice in np.unique(sources.voices[rows])]
            for name, rows in self._rows.items()
        }
        self._pieces = [np.flatnonzero(piece == name) for name in np.unique(piece) if name]
        # a minute of hiss to cut from: to draw it anew each time takes longer than all else
        self._hiss = np.random.default_rng(SEED).standard_normal(60 * sources.sample_rate, np.float32)
        self._places = _places(np.random.default_rng(SEED), sources.sample_rate) if varied else []
        self._spans = [active(x) for x in sources.audio]
        self._levels = [_rms(x[a:b]) for x, (a, b) in zip(sources.audio, self._spans, strict=True)]

    def draw(self, rng: np.random.Generator, *, kinds: Sequence[str] | None = None) -> Scene:
        """Draw a scene.

        Parameters
        ----------
        rng : np.random.Generator
            Decides everything.
        kinds : sequence of str, optional
            What is to be in it, of `KINDS`. Default: drawn, too; sometimes nothing.
        """
        if kinds is None:
            weights = np.array([_OFTEN[KINDS.index(name)] for name in self._rows])
            n = min(int(rng.choice(len(N_THINGS), p=N_THINGS)), len(weights))
            kinds = rng.choice(list(self._rows), n, replace=False, p=weights / weights.sum())
        start = int(rng.integers(0, len(self._hiss) - self.n_samples))
        x = np.float32(10 ** (rng.uniform(*ROOM_DB) / 20)) * self._hiss[start : start + self.n_samples]
        events: list[tuple[int, float, float]] = []
        parts: list[tuple[int, float]] = []
        for kind in kinds:
            rows = self._stems(rng) if kind == "music" else [self._one(str(kind), rng)]
            gains_db = rng.uniform(*GAIN_DB) + rng.uniform(-4, 4, len(rows)) * (len(rows) > 1)
            spread, texture = 0.6 if kind in EFFECTS else 0.2, kind in TEXTURES
            events += self._add(x, rows, gains_db, rng, spread=spread, texture=texture)
            parts += zip(map(int, rows), map(float, gains_db), strict=True)
        peak = float(np.abs(x).max())
        return Scene(x * np.float32(min(1.0, 0.95 / peak)), _merged(events), tuple(parts))

    def _one(self, kind: str, rng: np.random.Generator) -> int:
        voices = self._voices[check_choice(kind, "kinds", self._voices)]
        return int(rng.choice(voices[rng.integers(len(voices))]))

    def _stems(self, rng: np.random.Generator) -> np.ndarray:
        """One to three stems of a piece; the first plays, as a choir by itself is singing, not music."""
        rows = rng.permutation(self._pieces[rng.integers(len(self._pieces))])
        plays = self.sources.info["kind"][rows] == "music"
        first = rows[plays][0]
        return np.concatenate([[first], rows[rows != first][: rng.integers(0, 3)]])

    def _add(
        self,
        x: np.ndarray,
        rows: Sequence[int],
        gains_db: np.ndarray,
        rng: np.random.Generator,
        *,
        spread: float,
        texture: bool,
    ) -> list[tuple[int, float, float]]:
        """Add sources to a scene, all at one place; return what is heard and when (s).

        Where speeds are varied, half of them are, by up to e to the power of `spread`.
        """
        rate = self.sources.sample_rate
        first, last = np.transpose([self._spans[row] for row in rows])
        first, n = int(first.min()), int(last.max() - first.min())
        speed = float(np.exp(rng.uniform(-spread, spread))) if self.varied and rng.random() < 0.5 else 1.0
        longest = min(int(n / speed), self.n_samples)
        n_out = int(rng.integers(min(longest, rate), longest + 1))
        n_in = min(int(n_out * speed), n)
        offset, at = (
            first + int(rng.integers(0, n - n_in + 1)),
            int(rng.integers(0, self.n_samples - n_out + 1)),
        )
        fade = np.minimum(np.arange(1, n_out + 1), np.arange(n_out, 0, -1)).clip(0, rate // 50) / (rate // 50)
        fade, events = fade.astype(np.float32), []
        for row, gain_db in zip(rows, gains_db, strict=True):
            part = self.sources.audio[row][offset : offset + n_in]
            if n_in != n_out or speed != 1:
                part = np.interp(np.linspace(0, len(part) - 1, n_out), np.arange(len(part)), part)
            part = part.astype(np.float32)
            if self.varied:
                part = self._changed(part, rng, texture=texture)
            part = part * fade
            x[at : at + n_out] += np.float32(10 ** ((REFERENCE_DB + gain_db) / 20) / self._levels[row]) * part
            a, b = active(part)
            # a part that rests here is not heard
            if _rms(part[a:b]) > self._levels[row] * 10 ** (-RANGE_DB / 20):
                times = ((at + a) / rate, (at + b) / rate)
                events += [(int(tag), *times) for tag in np.flatnonzero(self.sources.targets.present[row])]
        return events

    def _changed(self, part: np.ndarray, rng: np.random.Generator, *, texture: bool) -> np.ndarray:
        """Bring a sound to another place, often; lay a texture over itself, sometimes; as loud as before."""
        y = part
        if texture and rng.random() < 0.3:
            speed, start = rng.uniform(0.6, 1.6), rng.integers(len(y))
            at = (start + speed * np.arange(len(y))) % (len(y) - 1)
            y = y + np.float32(rng.uniform(0.3, 1)) * np.interp(at, np.arange(len(y)), y).astype(np.float32)
        if rng.random() < 0.7:
            place = self._places[rng.integers(len(self._places))]
            y = scipy.fft.irfft(scipy.fft.rfft(y, _N_FFT) * place, _N_FFT)[: len(y)]
        return y * (part.std() / max(float(y.std()), 1e-9))


def _places(rng: np.random.Generator, sample_rate: int) -> list[np.ndarray]:
    """Draw what rooms and microphones do to a sound: a gain for each frequency [shape=(n_bins,), complex]."""
    octaves = np.log2(np.maximum(np.fft.rfftfreq(_N_FFT, 1 / sample_rate), 62.5) / 1000)
    places = []
    for _ in range(N_PLACES):
        # the microphone: a curve that bends by up to 10 dB, and leans by up to 3 dB in an octave
        bends = np.interp(octaves, np.arange(-4, 4), rng.uniform(-10, 10, 8) * rng.random())
        gain_db = bends + rng.uniform(-3, 3) * octaves
        # the room: what is heard directly, and echoes that die away, to -60 dB in 0.1 to 1 s
        n = int(rng.uniform(0.1, 1.0) * sample_rate)
        room = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
        room *= rng.uniform(0, 1) / np.sqrt(np.sum(room**2))
        room[0] += 1
        places.append((np.fft.rfft(room, _N_FFT) * 10 ** (gain_db / 20)).astype(np.complex64))
    return places


@checked
def active(x: ArrayLike, *, range_db: float = RANGE_DB) -> tuple[int, int]:
    """Return where a sound begins and ends: (first sample, one after the last).

    It lasts from the first to the last 20 ms (320 samples) that are within `range_db` of the loudest.

    Examples
    --------
    >>> active(np.concatenate([np.zeros(640), np.ones(640), np.zeros(640)]))
    (640, 1280)
    """
    x = np.asarray(x)
    power = np.square(np.pad(x, (0, -len(x) % _STEP))).reshape(-1, _STEP).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-range_db / 10))
    if not len(loud):
        return 0, len(x)
    return int(loud[0]) * _STEP, min(len(x), (int(loud[-1]) + 1) * _STEP)


def _rms(x: np.ndarray) -> float:
    """The level of the louder half of a sound: pauses do not count."""
    power = np.square(x[: len(x) // _STEP * _STEP]).reshape(-1, _STEP).mean(axis=1)
    return float(np.sqrt(np.sort(power)[len(power) // 2 :].mean())) if len(power) else 0.0


def _merged(events: Sequence[tuple[int, float, float]], gap_s: float = 0.3) -> np.ndarray:
    """Make one event of those of one tag that overlap, or nearly do [shape=(n_events, 3)]."""
    found: list[list[float]] = []
    for tag, start, end in sorted(events):
        if found and found[-1][0] == tag and start <= found[-1][2] + gap_s:
            found[-1][2] = max(found[-1][2], end)
        else:
            found.append([tag, start, end])
    return np.array(found, float).reshape(-1, 3)


@checked
def draw_scenes(sources: Corpus, n: Size, *, seed: Annotated[int, (0, 2**32 - 1)] = SEED) -> Corpus:
    """Draw scenes, the same ones each time.

    Parameters
    ----------
    sources : Corpus
        Single sounds of one split.
    n : int
        How many scenes.
    seed : int
        Where all chance comes from.

    Returns
    -------
    Corpus
        With `Tags` and the times of their events. ``info["parts"]`` names the sources and how loud each is.

    Examples
    --------
    >>> len(draw_scenes(load_scene_sources().validation, 3))
    3
    """
    mixer, splits = Mixer(sources), np.unique(sources.split)
    if len(splits) != 1:
        raise ValueError(f"sources are of the splits {', '.join(splits)}; expected one of them.")
    scenes = [mixer.draw(np.random.default_rng((seed, i))) for i in range(n)]
    present = np.zeros((n, len(TAG_NAMES)), bool)
    for row, scene in zip(present, scenes, strict=True):
        row[scene.events[:, 0].astype(int)] = True
    voices = sources.voices
    return Corpus(
        name=f"scenes of {sources.name}",
        audio=tuple(scene.x for scene in scenes),
        targets=Tags(present, TAG_NAMES, tuple(scene.events for scene in scenes)),
        voices=np.array(["+".join(voices[row] for row, _ in s.parts) or "nobody" for s in scenes]),
        split=np.full(n, splits[0]),
        sample_rate=sources.sample_rate,
        info={"parts": np.array(["; ".join(f"{voices[r]} {g:+.0f} dB" for r, g in s.parts) for s in scenes])},
        licence=sources.licence,
    )


def load_scenes() -> Corpus:
    """Load the scenes of the validation and the test part: 150 and 400 clips of four seconds.

    They are mixed anew from the sources each time, and are the same each time. There are none to learn from:
    for that, `Mixer` draws as many as one likes.

    Returns
    -------
    Corpus
        With `Tags` and the start and end of each event.

    Examples
    --------
    >>> scenes = load_scenes()
    >>> len(scenes.test), len(scenes.test.audio[0])
    (400, 64000)
    """
    sources = load_scene_sources()
    parts = [draw_scenes(sources.part(name), n) for name, n in (("validation", 150), ("test", 400))]
    a, b = parts
    return Corpus(
        name="scenes",
        audio=a.audio + b.audio,
        targets=Tags(
            np.concatenate([a.targets.present, b.targets.present]),
            TAG_NAMES,
            a.targets.events + b.targets.events,
        ),
        voices=np.concatenate([a.voices, b.voices]),
        split=np.concatenate([a.split, b.split]),
        sample_rate=SAMPLE_RATE,
        info={"parts": np.concatenate([a.info["parts"], b.info["parts"]])},
        licence=sources.licence,
    )
