"""The voices of ``data/digits``: who there is, and how a new voice is made of a speaker.

A voice made of a speaker differs from it as one person differs from another: length of the vocal tract
(formant frequencies), pitch, how much the melody moves, breath, brightness, tempo. The WORLD vocoder takes a
clip apart into f0, spectral envelope and aperiodicity; each is changed by itself and the clip is put together
again.

Reference: M. Morise, F. Yokomori, K. Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system for
real-time applications", IEICE Trans. Inf. & Syst. E99-D(7), 2016.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

from ._speakers import ACCENTS, PEOPLE

WORLD_RATE = 16000
FRAME_MS = 5.0
TEST_PEOPLE, VALIDATION_PEOPLE = ("ked", "dita", "mv"), ("pc", "ph")
TEST_FORMANTS = ("m4", "f3", "klatt2", "Annie", "Andy", "edward", "robert", "belinda")
DEVELOPMENT_FORMANTS = (
    "m1", "m2", "m3", "m5", "m6", "m7", "m8", "f1", "f2", "f4", "klatt", "klatt3", "Alex", "Diogo", "Gene",
    "Hugo", "Mario", "Michael", "Mike", "adam", "antonio", "aunty", "benjamin", "david", "grandma", "linda",
    "max", "paul", "quincy", "shelby",
)  # fmt: skip
VALIDATION_FORMANTS = ("m8", "f4", "klatt3", "Diogo", "Mario", "benjamin", "linda", "quincy")
ESPEAK_ACCENTS = (
    "en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029", "en-gb-x-gbcwmd",
    "en-gb-x-gbclan",
)  # fmt: skip


@dataclass(frozen=True)
class Voice:
    """One voice of the corpus.

    Parameters
    ----------
    name : str
        ``speaker-number``, as in ``rms-03``.
    speaker : str
        Whose sound it is made of: a `Speaker`'s name, or an espeak-ng variant's.
    engine : str
        ``flite``, ``festival`` or ``espeak-ng``.
    accent : str
        The accent it speaks with.
    split : str
        ``train``, ``validation`` or ``test``.
    pitch : float
        Factor on f0 (espeak-ng: 0.5 to 1.5 stands for its pitch settings 0 to 99).
    tract : float
        Factor on the formant frequencies: above 1 is a shorter vocal tract.
    melody : float
        Factor on the movement of log f0 around its mean.
    breath : float
        0 leaves the voice's noise as it is; 1 would make it a whisper.
    tilt_db : float
        Brightness, in dB an octave around 1 kHz.
    tempo : float
        Factor on the speed; each clip varies by a few per cent around it.
    skew : float
        How far the low formants (positive: up) are moved against the high ones, as a share of their
        frequency.
    hiss_db : float
        Level of the voiceless sounds against the voiced ones; each clip varies by a few dB around it.
        People's, as a microphone hears them, are often far softer than a synthesiser's.
    decay_db : float
        How much softer than its middle the word's end is made: people run out of breath, synthesisers do not.
    """

    name: str
    speaker: str
    engine: str
    accent: str
    split: str
    pitch: float = 1.0
    tract: float = 1.0
    melody: float = 1.0
    breath: float = 0.0
    tilt_db: float = 0.0
    tempo: float = 1.0
    skew: float = 0.0
    hiss_db: float = 0.0
    decay_db: float = 0.0


def analyze(
    x: np.ndarray, sample_rate: int, *, quick: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take a clip apart: f0 [shape=(n_frames,)], envelope, aperiodicity [shape=(n_frames, n_bins)].

    `quick` finds f0 sixty times as fast, and now and then an octave off.
    """
    import pyworld

    x = resample_poly(x, WORLD_RATE, sample_rate).astype(np.float64)
    x += 1e-5 * np.random.default_rng(0).standard_normal(x.size)  # digital silence has no envelope
    track = pyworld.dio if quick else pyworld.harvest
    f0, times = track(x, WORLD_RATE, f0_floor=60, f0_ceil=450, frame_period=FRAME_MS)
    if quick:
        f0 = pyworld.stonemask(x, f0, times, WORLD_RATE)
    envelope = pyworld.cheaptrick(x, f0, times, WORLD_RATE)
    aperiodicity = pyworld.d4c(x, f0, times, WORLD_RATE)
    return f0, envelope, aperiodicity


def resynthesize(
    f0: np.ndarray,
    envelope: np.ndarray,
    aperiodicity: np.ndarray,
    voice: Voice,
    *,
    tempo: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Put a clip together again as `voice` would say it. Returns samples at 16 kHz."""
    import pyworld

    # time: an overall tempo, and a smooth warp that lengthens some sounds and shortens others
    n_frames = len(f0)
    knots = np.exp(0.22 * rng.standard_normal(5))
    speed = tempo * np.interp(np.linspace(0, 4, n_frames), np.arange(5), knots / knots.mean())
    at = np.concatenate([[0.0], np.cumsum(1 / speed)])  # when each frame ends up
    source = np.interp(np.arange(round(at[-1])), at[:-1], np.arange(n_frames))
    low = np.floor(source).astype(int)
    high = np.minimum(low + 1, n_frames - 1)
    weight = (source - low)[:, None]
    log_envelope = np.log(envelope)
    log_envelope = (1 - weight) * log_envelope[low] + weight * log_envelope[high]
    aperiodicity = (1 - weight) * aperiodicity[low] + weight * aperiodicity[high]
    f0 = f0[np.round(source).astype(int).clip(0, n_frames - 1)]

    # melody: movement around the mean, pitch, and a slow drift of a few per cent
    voiced = f0 > 0
    if voiced.any():
        log_f0 = np.log(f0[voiced])
        drift = 0.03 * np.interp(np.linspace(0, 2, len(f0)), np.arange(3), rng.standard_normal(3))[voiced]
        f0[voiced] = np.exp(log_f0.mean() + voice.melody * (log_f0 - log_f0.mean()) + drift) * voice.pitch
        f0[voiced] = f0[voiced].clip(55, 500)

    # vocal tract: the envelope at f comes from f / tract; brightness tilts it
    n_bins = log_envelope.shape[1]
    bins = np.arange(n_bins)
    f_hz = bins * WORLD_RATE / 2 / (n_bins - 1)
    tract = voice.tract * np.exp(voice.skew * np.cos(np.pi * f_hz.clip(0, 4000) / 4000))
    source_bins = (bins / tract).clip(0, n_bins - 1)
    low, weight = np.floor(source_bins).astype(int), source_bins % 1
    high = np.minimum(low + 1, n_bins - 1)
    log_envelope = (1 - weight) * log_envelope[:, low] + weight * log_envelope[:, high]
    aperiodicity = (1 - weight) * aperiodicity[:, low] + weight * aperiodicity[:, high]
    octaves = np.log2((f_hz + 100) / 1000)
    log_envelope = log_envelope + voice.tilt_db * octaves * np.log(10) / 10
    # voiceless sounds: louder or softer, without a click where they meet the voiced ones
    hiss_db = voice.hiss_db + rng.uniform(-3, 3)
    voiceless = np.convolve(~voiced, np.ones(5) / 5, mode="same")[:, None]
    log_envelope = log_envelope + hiss_db * voiceless * np.log(10) / 10
    aperiodicity = np.clip(aperiodicity ** (1 - voice.breath), 1e-4, 1 - 1e-9)
    return pyworld.synthesize(
        f0,
        np.ascontiguousarray(np.exp(log_envelope)),
        np.ascontiguousarray(aperiodicity),
        WORLD_RATE,
        FRAME_MS,
    )


def all_voices(seed: int = 2026) -> list[Voice]:
    """Return the voices of the corpus, the same ones each time."""
    rng = np.random.default_rng(seed)
    voices = []
    for name in dict.fromkeys(person.name for person in PEOPLE):
        own = next(person for person in PEOPLE if person.name == name)
        # where there is more room: most of a man's voices go up, of a woman's down
        lift = -1 if own.high else 1
        for i in range(own.n_voices):
            # voice 0 is the speaker; the others are spread over what people have between them
            shift, more, own_pitch = rng.uniform(-1, 1), rng.standard_normal(), rng.standard_normal()
            accent = own.accent
            if own.engine == "flite" and i % 2:
                accent = [*ACCENTS][(i // 2 + len(voices)) % len(ACCENTS)]
            changes = dict(
                tract=round(float(np.exp(0.13 * shift + 0.03 * more + 0.05 * lift)), 3),
                pitch=round(float(np.exp(0.3 * shift + 0.12 * own_pitch + 0.12 * lift)), 3),
                melody=round(rng.uniform(0.5, 1.6), 2),
                breath=round(rng.uniform(0, 0.5), 2),
                tilt_db=round(rng.uniform(-3, 3), 1),
                tempo=round(float(np.exp(rng.uniform(-0.2, 0.28))), 2),
                skew=round(rng.uniform(-0.06, 0.06), 3),
                hiss_db=round(rng.uniform(-16, 4), 1),
                decay_db=round(rng.uniform(0, 18), 1),
            )
            split = _split_of(name)
            voices.append(Voice(f"{name}-{i:02d}", name, own.engine, accent, split, **(changes if i else {})))
    for variants in (DEVELOPMENT_FORMANTS, TEST_FORMANTS):
        for i, variant in enumerate(variants):
            name, accent = f"espeak-{variant}", ESPEAK_ACCENTS[i % len(ESPEAK_ACCENTS)]
            pitch, tempo = round(rng.uniform(0.75, 1.25), 2), round(rng.uniform(0.9, 1.25), 2)
            decay_db = round(rng.uniform(0, 18), 1)
            split = _split_of(variant)
            voices.append(
                Voice(name, name, "espeak-ng", accent, split, pitch, tempo=tempo, decay_db=decay_db)
            )
    return voices


def _split_of(name: str) -> str:
    """What the clips of a person or of a formant voice are for."""
    if name in (*TEST_PEOPLE, *TEST_FORMANTS):
        return "test"
    return "validation" if name in (*VALIDATION_PEOPLE, *VALIDATION_FORMANTS) else "train"
