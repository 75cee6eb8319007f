"""Augmentation: changes to a sound that change nothing about what is said.

A network that has heard 160 synthetic voices in perfect silence has learned synthetic voices in perfect
silence. Each function here takes away one such accident: how fast one speaks, how long the vocal tract is,
which microphone, which room, which noise, where the word begins. All of them work on samples and can be
listened to, except two that bend the axes of the spectrogram itself.

Conventions: samples are [shape=(n_samples,)] for one clip; spectrograms are log-mel in dB, time first,
[shape=(n_clips, n_frames, n_mels)]. Every function takes its own random generator, so that batch `step` of
epoch `epoch` is the same whenever and wherever it is made.

References
----------
Ko, Peddinti, Povey, Khudanpur (2015), Audio augmentation for speech recognition (speed).
Jaitly, Hinton (2013), Vocal tract length perturbation improves speech recognition.
Park and others (2019), SpecAugment: a simple data augmentation method for automatic speech recognition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from .._validate import Clip, check_audio, checked
from ..signal.pcm import mu_law_decode, mu_law_encode
from .changes import (
    add_noise,
    change_speed,
    cut_edges,
    equalize,
    mask_frames,
    random_room,
    soften_hiss,
    trim_edges,
    vary_level,
    warp_axis,
    warp_tract,
)
from .features import FeatureSettings, MelSettings, fit_length, log_mel_frames, normalize_frames


@checked
@dataclass(frozen=True)
class Augmentation:
    """How strong each change may be. Zero switches a change off.

    Parameters
    ----------
    speed : float
        Playing speed (tempo, pitch and formants together) is between 1 / (1 + speed) and 1 + speed.
    cut : float
        The largest share of the clip cut off at either end.
    trim : float
        The probability that soft edges, 12 to 45 dB below the loudest part, are cut off altogether.
    shift_s : float
        The word begins up to so many seconds after the clip does.
    hiss_db : float
        Voiceless sounds are made up to so many dB softer, or up to a quarter of that louder.
    level_db : float
        The standard deviation of a slow change of loudness within the word (dB).
    equalizer_db : float
        The standard deviation of a random frequency response (dB).
    reverb : float
        The probability that the clip is put into a room.
    noise : float
        The probability that noise is added, `snr_db` below the speech.
    snr_db : (float, float)
        Signal-to-noise ratio, lowest and highest (dB).
    codec : float
        The probability that the clip goes through the telephone's 8-bit µ-law.
    tempo : float
        The spectrogram's time axis is stretched or squeezed by up to this share, here more, there less.
    tract : float
        The spectrogram's frequency axis is stretched or squeezed by up to this share: a shorter or longer
        vocal tract.
    masks : float
        The probability of each of SpecAugment's masks: one band of frequencies, one piece of time.
    mixup : float
        The probability that a clip is blended with another of the batch, and its label likewise.
    """

    speed: float = 0.2
    cut: float = 0.06
    trim: float = 0.5
    shift_s: float = 0.1
    hiss_db: float = 16.0
    level_db: float = 3.0
    equalizer_db: float = 5.0
    reverb: float = 0.4
    noise: float = 0.8
    snr_db: tuple[float, float] = (5.0, 40.0)
    codec: float = 0.2
    tempo: float = 0.2
    tract: float = 0.12
    masks: float = 0.5
    mixup: float = 0.5

    @checked
    def without(self, *names: str) -> Augmentation:
        """Return the same with some changes switched off, for an ablation.

        Examples
        --------
        >>> Augmentation().without("noise", "reverb").reverb
        0.0
        """
        return replace(self, **dict.fromkeys(names, 0.0))

    @classmethod
    def none(cls) -> Augmentation:
        """Return an augmentation that changes nothing."""
        names = [name for name in cls.__dataclass_fields__ if name != "snr_db"]
        return cls().without(*names)


@checked
def augment_clip(
    x: ArrayLike, settings: FeatureSettings, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Change one clip in every way at once, each by a random amount; the result has ``settings.n_samples``.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A word with little silence around it.
    settings : FeatureSettings
        Sample rate and length.
    augmentation : Augmentation
        How strong.
    rng : np.random.Generator
        All randomness comes from here.

    Returns
    -------
    np.ndarray [shape=(settings.n_samples,)], float32

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = augment_clip(np.ones(3000, np.float32), FeatureSettings(), Augmentation(), rng)
    >>> y.shape, y.dtype
    ((8000,), dtype('float32'))
    """
    x = check_audio(x, "x", min_samples=16).astype(np.float32, copy=False)
    x = augment_word(x, augmentation, rng)
    # Silence before and after, so that rooms can ring and noise has nowhere to begin
    start = rng.integers(0, int(augmentation.shift_s * settings.sample_rate) + 1)
    if len(x) > settings.n_samples:
        x = fit_length([x], settings.n_samples)[0]
    start = min(start, settings.n_samples - len(x))
    x = np.pad(x, (start, settings.n_samples - len(x) - start))
    return augment_recording(x, settings.sample_rate, augmentation, rng)


@checked
def augment_word(x: np.ndarray, augmentation: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Change how a word is said: its edges, hiss, speed and loudness [shape=(n_samples,)]."""
    a = augmentation
    if a.cut:
        x = cut_edges(x, a.cut, rng)
    if a.hiss_db:
        x = soften_hiss(x, rng.uniform(-a.hiss_db, a.hiss_db / 4))
    if a.trim and rng.random() < a.trim:
        x = trim_edges(x, rng.uniform(-45, -12))
    if a.speed:
        x = change_speed(x, float(np.exp(np.log(1 + a.speed) * rng.uniform(-1, 1))))
    if a.level_db:
        x = vary_level(x, a.level_db, rng)
    return x


@checked
def augment_recording(
    x: np.ndarray, sample_rate: int, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Change what is recorded: the room, the microphone, noise, a telephone [shape=(n_samples,)]."""
    a = augmentation
    if a.reverb and rng.random() < a.reverb:
        x = random_room(x, sample_rate, rng)
    if a.equalizer_db:
        x = equalize(x, sample_rate, a.equalizer_db, rng)
    if a.noise and rng.random() < a.noise:
        x = add_noise(x, rng.uniform(*a.snr_db), rng, color=rng.uniform(0, 2))
    if a.codec and rng.random() < a.codec:
        peak = float(np.abs(x).max()) or 1.0
        loud = 10 ** (rng.uniform(-30, 0) / 20)
        x = mu_law_decode(mu_law_encode(x / peak * loud)).astype(np.float32)
    return x


@checked
def augment_frames(
    mel_db: np.ndarray, settings: MelSettings, augmentation: Augmentation, rng: np.random.Generator
) -> np.ndarray:
    """Bend the axes of log-mel spectrograms: another vocal tract, another rhythm.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        dB.
    settings, augmentation, rng
        As in `augment_clip`.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)]
    """
    n_clips, n_frames, n_mels = mel_db.shape
    if augmentation.tract:
        # What stands at f comes from f · factor; the factor differs a little between low and high formants.
        knots = augmentation.tract * (
            rng.uniform(-1, 1, (n_clips, 1)) + 0.35 * rng.standard_normal((n_clips, 3))
        )
        at = np.linspace(0, 2, n_mels)
        factor = np.exp([np.interp(at, np.arange(3), k) for k in knots])
        mel_db = warp_tract(mel_db, factor, settings.sample_rate)
    if augmentation.tempo:
        # The speed of reading, at five points of the clip; its sum is where to read
        knots = augmentation.tempo * (rng.uniform(-1, 1, (n_clips, 1)) + rng.uniform(-1, 1, (n_clips, 5)))
        at = np.linspace(0, 4, n_frames)
        speed = np.exp([np.interp(at, np.arange(5), k) for k in knots])
        mel_db = warp_axis(mel_db, np.cumsum(speed, axis=1) - speed[:, :1], axis=1)
    return mel_db


@checked
def augmented_features(
    clips: Sequence[Clip],
    rng: np.random.Generator,
    *,
    settings: FeatureSettings | None = None,
    augmentation: Augmentation | None = None,
) -> np.ndarray:
    """Make one training batch: change the clips, turn them into frames, bend and mask those.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Samples.
    rng : np.random.Generator
        The same generator gives the same batch.
    settings : FeatureSettings, optional
        How samples become frames.
    augmentation : Augmentation, optional
        How strong the changes are.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels + 1)], float32
        As `audio_edu.recognition.speech_features` returns them for unchanged clips.

    Examples
    --------
    >>> batch = augmented_features([np.ones(3000, np.float32)] * 2, np.random.default_rng(0))
    >>> batch.shape, bool((batch[0] == batch[1]).all())
    ((2, 101, 41), False)
    """
    settings, augmentation = settings or FeatureSettings(), augmentation or Augmentation()
    samples = np.stack([augment_clip(clip, settings, augmentation, rng) for clip in clips])
    mel_db = augment_frames(log_mel_frames(samples, settings), settings, augmentation, rng)
    # The threshold of what counts as speech varies too: rooms and noises move it.
    if augmentation.cut:
        settings = replace(settings, range_db=settings.range_db + rng.uniform(-8, 8))
    x = normalize_frames(mel_db, settings)
    return mask_frames(x, augmentation.masks, rng) if augmentation.masks else x
