"""From samples to what a recognizer sees: log-mel frames, and a mask of the frames in which somebody speaks.

A word lasts 0.2 to 1 second, a batch wants one length. So every clip is cut or filled up to one second, from
its word on, and one channel beside the mel bands says which frames count (1) and which are only filling (0).
A network that ignores this and averages over all frames averages mostly silence: it then knows how long a
word is before it knows what is said.

Each clip is normalized by itself, over its own speech: levels differ fifteenfold between people and
microphones, and say nothing about the digit.

The same as a Keras layer, for a model that takes samples, is in `audio_edu.recognition.frontend`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._validate import (
    Clip,
    Positive,
    Size,
    check_positive,
    check_range,
    check_sample_rate,
    checked,
    unchecked,
)
from ..signal.mel import log_mel

#: What has a smaller share of the power of the loudest 10 ms (−45 dB) is silence, and no word begins with it.
SILENCE = 10**-4.5
#: Steps of the transform before the word: clips of ``data/digits`` never have more, and usually so many.
MOST_BEFORE, USUAL_BEFORE = 4, 2


class MelSettings:
    """What all settings of log-mel frames have: of single words here, of whole recordings in `tagging`."""

    sample_rate: int
    n_fft: int
    hop_length: int
    n_mels: int


@checked
@dataclass(frozen=True)
class FeatureSettings(MelSettings):
    """How samples become frames.

    Parameters
    ----------
    sample_rate : int
        Samples a second (Hz).
    n_samples : int
        The length that every clip is brought to; 8000 at 8 kHz is one second.
    n_fft, hop_length : int
        Frame and step of the STFT (samples): 32 ms and 10 ms at 8 kHz.
    n_mels : int
        Mel bands.
    range_db : float
        A frame counts as speech from the first to the last that is within so many dB of the loudest one.
    floor_db : float
        Nothing lies further below the clip's loudest band than this: what is softer is the room, not the
        word.
    whitening : float
        How much of each band's mean over the word is taken away, from 0 (only the clip's level) to 1.
    """

    sample_rate: int = 8000
    n_samples: int = 8000
    n_fft: int = 256
    hop_length: int = 80
    n_mels: int = 40
    range_db: float = 40.0
    floor_db: float = 60.0
    whitening: float = 0.5

    def __post_init__(self) -> None:
        check_sample_rate(self.sample_rate)
        for name in ("n_samples", "n_fft", "hop_length", "n_mels"):
            check_positive(getattr(self, name), name, integer=True)
        check_positive(self.range_db, "range_db", unit="of dB")
        check_positive(self.floor_db, "floor_db", unit="of dB")
        check_range(self.whitening, "whitening", 0.0, 1.0)

    @property
    def n_frames(self) -> int:
        """Frames of a clip."""
        return 1 + self.n_samples // self.hop_length

    @property
    def n_channels(self) -> int:
        """Channels of a frame: the bands, and the mask."""
        return self.n_mels + 1


@checked
def one_word_each(clips: Sequence[Clip], settings: FeatureSettings) -> np.ndarray:
    """Bring clips to one length, as `fit_length` does, with the word where it is in the training's clips.

    To a network that reads from left to right, what comes before the word is not nothing. So where there is
    more than `MOST_BEFORE` steps of silence, it is cut down to `USUAL_BEFORE`. Constant offsets are taken
    away (`without_offset`). The clips of ``data/digits`` have neither, and stay what they are.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Samples; any lengths.
    settings : FeatureSettings
        ``n_samples`` and ``hop_length`` are used.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_samples)], float32

    Raises
    ------
    ValueError
        If a clip is empty or holds NaN.

    Examples
    --------
    >>> word = np.sin(np.arange(3000) ** 1.1)
    >>> rows = one_word_each([np.pad(word, (30_000, 5000)) + 0.1], FeatureSettings())
    >>> rows.shape, bool(np.abs(rows[0, :160]).max() < 1e-3 < np.abs(rows[0, 160:320]).max())
    ((1, 8000), True)
    """
    words = [_from_its_word_on(unchecked(without_offset)(clip), settings) for clip in clips]
    return _filled(words, settings.n_samples)


def _from_its_word_on(x: np.ndarray, settings: FeatureSettings) -> np.ndarray:
    n, step = settings.n_samples, settings.hop_length
    if len(x) <= step:
        return x[:n]
    start = _loudest(x, n)
    power = _window_energy(x, step)
    silence = SILENCE * power.max()
    # Where much is left outside of the loudest part, most of that is the room, and the word is louder
    rest = np.concatenate([power[:start], power[start + n :]])
    if len(rest) > n // 4:
        silence = float(np.clip(4 * np.median(rest), silence, power.max() / 100))
    # In noise the loudest part begins with the word itself: so look a little before it, too
    first = max(0, start - MOST_BEFORE * step)
    word = first + int(np.argmax(power[first : start + n] > silence))
    if word > first and not USUAL_BEFORE * step <= word - start <= MOST_BEFORE * step:
        start = max(0, word - USUAL_BEFORE * step)
    return x[start : start + n]


@checked
def fit_length(clips: Sequence[Clip], n_samples: Size) -> np.ndarray:
    """Bring clips to one length: zeros after the short ones, the loudest part of the long ones.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Samples.
    n_samples : int
        The length wanted.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_samples)], float32

    Examples
    --------
    >>> fit_length([np.ones(2), np.array([0.0, 0.1, 1.0, 1.0])], 3).tolist()
    [[1.0, 1.0, 0.0], [0.10000000149011612, 1.0, 1.0]]
    """
    return _filled([clip[_loudest(clip, n_samples) :][:n_samples] for clip in clips], n_samples)


def _filled(clips: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Zeros after clips of at most `n` samples [shape=(n_clips, n)]."""
    out = np.zeros((len(clips), n), np.float32)
    for row, clip in zip(out, clips, strict=True):
        row[: len(clip)] = clip
    return out


def _loudest(x: np.ndarray, n: int) -> int:
    """Where the `n` samples in a row with the most energy begin."""
    return int(np.argmax(_window_energy(x, n))) if len(x) > n else 0


def _window_energy(x: np.ndarray, n: int) -> np.ndarray:
    """The energy of every `n` samples in a row [shape=(len(x) - n + 1,)], by the running sum of squares."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(x, dtype=np.float64))])
    return energy[n:] - energy[:-n]


@checked
def without_offset(x: Clip) -> np.ndarray:
    """Take a constant offset away, which some microphones add and which no ear hears.

    What counts as one: a mean of more than a fiftieth of the spread, of which every quarter of the clip has
    at least half. A clip without one is returned as it is.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples. Where they do not change at all, at either end, is silence, whatever its value.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]

    Examples
    --------
    >>> x = np.array([0.0, 0.5, -0.5, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3, 0.0])
    >>> without_offset(x + 0.3).round(3).tolist() == x.tolist(), without_offset(x) is x
    (True, True)
    """
    changes = np.flatnonzero(x[1:] != x[:-1])
    if not len(changes):
        return np.zeros_like(x)
    inside = slice(changes[0] + 1, changes[-1] + 1)
    if changes[-1] - changes[0] < 4:
        return x
    mean = x[inside].mean(dtype=np.float64)
    least = min(part.mean(dtype=np.float64) * np.sign(mean) for part in np.array_split(x[inside], 4))
    if abs(mean) <= 0.02 * x[inside].std(dtype=np.float64) or least < abs(mean) / 2:
        return x
    y = np.zeros_like(x)
    y[inside] = x[inside] - x.dtype.type(mean)
    return y


@checked
def speech_mask(level_db: np.ndarray, range_db: Positive = 35.0) -> np.ndarray:
    """Say which frames belong to the word: the first to the last within `range_db` of the loudest.

    Parameters
    ----------
    level_db : np.ndarray [shape=(..., n_frames)]
        The level of each frame (dB).
    range_db : float
        How far below the loudest frame still counts.

    Returns
    -------
    np.ndarray [shape=(..., n_frames)], bool

    Examples
    --------
    >>> speech_mask(np.array([-90.0, -20.0, -80.0, 0.0, -90.0])).astype(int).tolist()
    [0, 1, 1, 1, 0]
    """
    loud = level_db > level_db.max(axis=-1, keepdims=True) - range_db
    begun = np.cumsum(loud, axis=-1) > 0
    not_over = np.cumsum(loud[..., ::-1], axis=-1)[..., ::-1] > 0
    return begun & not_over


@checked
def normalize_frames(
    mel_db: np.ndarray, settings: FeatureSettings | None = None, *, mask: np.ndarray | None = None
) -> np.ndarray:
    """Normalize log-mel frames over the speech in them, and add the mask as one more channel.

    A microphone, a room or a larynx multiplies each band, which in dB adds a constant. So one would subtract
    the band's mean over the word, if this mean did not also say which word it is: the word is short. The
    compromise: subtract half of it, and the whole of the clip's level. Then everything is divided by the
    standard deviation over all of the word's bands and frames.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(..., n_frames, n_mels)]
        Log-mel spectrogram (dB), time first.
    settings : FeatureSettings, optional
        `range_db`, `floor_db` and `whitening` are used.
    mask : np.ndarray [shape=(..., n_frames)], optional
        Which frames count. Default: `speech_mask` of the frames' levels.

    Returns
    -------
    np.ndarray [shape=(..., n_frames, n_mels + 1)], float32
        0 wherever the mask is 0.
    """
    s = settings or FeatureSettings()
    top = mel_db.max(axis=(-2, -1), keepdims=True)
    mel_db = np.maximum(mel_db, top - s.floor_db)
    if mask is None:
        mask = speech_mask(_level_db(mel_db), s.range_db)
    m = mask[..., None].astype(np.float32)
    n = m.sum(axis=-2, keepdims=True)
    # mean over the word's frames, for each band
    mean = (mel_db * m).sum(axis=-2, keepdims=True) / n
    mean = s.whitening * mean + (1 - s.whitening) * mean.mean(axis=-1, keepdims=True)
    x = (mel_db - mean) * m
    # one standard deviation for all bands: which bands move most is information
    std = np.sqrt(np.square(x).sum(axis=(-2, -1), keepdims=True) / (n * mel_db.shape[-1]))
    return np.concatenate([x / (std + 1e-3), m], axis=-1).astype(np.float32)


def _level_db(mel_db: np.ndarray) -> np.ndarray:
    # 10 log10 Σ_m 10^(L_m / 10)
    return 10 * np.log10(np.sum(10 ** (mel_db / 10), axis=-1))


@checked
def speech_features(clips: Sequence[Clip], settings: FeatureSettings | None = None) -> np.ndarray:
    """Turn clips into normalized log-mel frames with a mask.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Samples; any lengths.
    settings : FeatureSettings, optional
        Default: 40 bands, 10 ms steps, one second at 8 kHz.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels + 1)], float32
        The last channel is the mask.

    Raises
    ------
    ValueError
        If there is no clip, or one is empty or holds NaN.

    Examples
    --------
    >>> t = np.arange(4000) / 8000
    >>> x = speech_features([np.sin(2 * np.pi * 440 * t)])
    >>> x.shape, int(x[0, :, -1].sum())
    ((1, 101, 41), 52)
    """
    if not clips:
        raise ValueError("clips is empty; expected one sound or more.")
    settings = settings or FeatureSettings()
    mel_db = log_mel_frames(unchecked(one_word_each)(clips, settings), settings)
    return normalize_frames(mel_db, settings)


@checked
def log_mel_frames(x: np.ndarray, settings: MelSettings) -> np.ndarray:
    """Log-mel spectrogram (dB), time first, of clips of one length [shape=(n_clips, n_frames, n_mels)]."""
    s = settings
    mel_db = log_mel(x, s.sample_rate, n_fft=s.n_fft, hop_length=s.hop_length, n_mels=s.n_mels, top_db=None)
    return np.ascontiguousarray(mel_db.swapaxes(-1, -2))
