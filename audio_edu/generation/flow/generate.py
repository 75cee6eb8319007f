"""What a trained flow is for: from a mel spectrogram to a sound, all samples at once.

Noise z goes through the inverse of the network. Its spread, the *temperature*, is 1 as the network learned
it; less gives likelier sounds, and 0 the one that comes from z = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..._validate import Clip, check_choice, check_range, checked
from ...datasets import load_digits
from ...training import as_array, option
from .data import mel_condition
from .model import Flow

#: As the network learned to draw.
TEMPERATURE = 1.0
#: So many clips go through the network at once.
N_AT_ONCE = 8

Temperature, Seed = Annotated[float, (0.0, 10.0)], Annotated[int, (0, 2**32 - 1)]


@checked
@dataclass(frozen=True)
class Options:
    """What ``audio-edu generate flow`` can be asked for."""

    digit: tuple[int, ...] = option((7,), "what to say, 0 to 9, one or more; default: 7")
    voice: str | None = option(None, "whose clip lends its mel spectrogram; default: a voice never heard")
    temperature: float = option(TEMPERATURE, "spread of the noise; 1: as learned; below: likelier sounds")
    seed: int = option(0, "another seed, another noise")


@checked
def generate(model: Flow, options: Options) -> tuple[np.ndarray, int]:
    """Say digits, each from the mel spectrogram of a clip of ``data/digits``, a tenth of a second apart.

    Returns
    -------
    x : np.ndarray of float32 [shape=(n_samples,)]
        The sound.
    sample_rate : int
        In Hz.
    """
    digits = load_digits()
    voice = str(digits.test.voices[0]) if options.voice is None else options.voice
    check_choice(voice, "voice", sorted(set(digits.voices.tolist())))
    clips = []
    for digit in options.digit:
        check_range(digit, "digit", 0, len(model.label_names) - 1, integer=True)
        row = np.flatnonzero((digits.labels == digit) & (digits.voices == voice))[0]
        clips.append(digits.audio[row])
    words = copy_clips(model, clips, temperature=options.temperature, seed=options.seed)
    pause = np.zeros(model.sample_rate // 10, np.float32)
    return np.concatenate([part for word in words for part in (pause, word)][1:]), model.sample_rate


@checked
def vocode(
    model: Flow, mels: Sequence[np.ndarray], *, temperature: Temperature = TEMPERATURE, seed: Seed = 0
) -> list[np.ndarray]:
    """Make a sound for each mel spectrogram.

    Parameters
    ----------
    model : Flow
        From `load_flow` or a training; one with a condition.
    mels : sequence of np.ndarray [shape=(n_frames, n_mels)]
        From `mel_condition`; two frames or more.
    temperature : float
        Standard deviation of the noise.
    seed : int
        Spectrogram i takes its noise from ``np.random.default_rng((seed, i))``.

    Returns
    -------
    list of np.ndarray of float32 [shape=((n_frames - 1) * hop_length,)]
        In [-1, 1].

    Raises
    ------
    ValueError
        If a spectrogram has another shape, or the flow takes none.
    """
    c = model.config
    for i, mel in enumerate(mels):
        if mel.ndim != 2 or mel.shape[1] != c.n_mels or len(mel) < 2 or not c.n_condition:
            raise ValueError(
                f"mels[{i}] has shape {mel.shape}; expected (n_frames, {c.n_mels}), and two frames or more, "
                "for a flow with a condition."
            )
    per_frame = c.hop_length // c.n_squeeze
    sounds: list[np.ndarray] = [np.zeros(0)] * len(mels)
    order = np.argsort([len(mel) for mel in mels], kind="stable")  # together what is about equally long
    for start in range(0, len(order), N_AT_ONCE):
        rows = order[start : start + N_AT_ONCE]
        n_frames = len(mels[rows[-1]])
        # after the end of a shorter one stands silence
        condition = np.full((len(rows), n_frames, c.n_mels), -1, np.float32)
        z = np.zeros((len(rows), (n_frames - 1) * per_frame, c.n_squeeze), np.float32)
        for row, i in enumerate(rows):
            shape = ((len(mels[i]) - 1) * per_frame, c.n_squeeze)
            condition[row, : len(mels[i])] = mels[i]
            z[row, : shape[0]] = temperature * np.random.default_rng((seed, i)).standard_normal(shape)
        x = np.nan_to_num(as_array(model.network.inverse(z, condition)), posinf=1.0, neginf=-1.0)
        for row, i in enumerate(rows):
            sounds[i] = np.clip(x[row, : (len(mels[i]) - 1) * c.hop_length], -1, 1)
    return sounds


@checked
def copy_clips(
    model: Flow, clips: Sequence[Clip], *, temperature: Temperature = TEMPERATURE, seed: Seed = 0
) -> list[np.ndarray]:
    """Reduce each clip to its mel spectrogram, and make a sound of that: see `vocode`.

    Returns
    -------
    list of np.ndarray of float32
        Each as long as its clip.
    """
    c = model.config
    padded = [np.pad(clip, (0, -len(clip) % c.hop_length)) for clip in clips]
    mels = [mel_condition(clip, c, model.sample_rate) for clip in padded]
    sounds = vocode(model, mels, temperature=temperature, seed=seed)
    return [sound[: len(clip)] for sound, clip in zip(sounds, clips, strict=True)]
