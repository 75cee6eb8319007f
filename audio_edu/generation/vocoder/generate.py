"""What a trained vocoder is for: from a mel spectrogram to a sound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..._validate import Clip, checked
from ...datasets import load_prompts
from ...signal import load_audio
from ...training import as_array, option
from ..mel import HOP_LENGTH, scaled_mel
from .model import Vocoder

#: Frames of silence on both sides; and the number of frames is rounded up to a multiple of.
CONTEXT, ROUND = 24, 100


@checked
@dataclass(frozen=True)
class Options:
    """What ``audio-edu generate vocoder`` can be asked for."""

    wav: str | None = option(None, "a sound file to take to a mel spectrogram and back; default: a prompt")
    seed: int = option(0, "where no file is given: another seed, another prompt")


@checked
def generate(model: Vocoder, options: Options) -> tuple[np.ndarray, int]:
    """Reduce a sound to its mel spectrogram, and make a sound of that.

    Returns
    -------
    x : np.ndarray of float32 [shape=(n_samples,)]
        The sound.
    sample_rate : int
        In Hz.
    """
    rate = model.sample_rate
    if options.wav is None:
        prompts = load_prompts().test.audio
        x = prompts[options.seed % len(prompts)]
    else:
        x, _ = load_audio(options.wav, sample_rate=rate)
    return copy_clips(model, [x])[0], rate


@checked
def vocode(model: Vocoder, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Make a sound for each mel spectrogram.

    Parameters
    ----------
    model : Vocoder
        From `load_vocoder` or a training.
    mels : sequence of np.ndarray [shape=(n_frames, n_mels)]
        From `scaled_mel`, or from a network that imitates it; two frames or more.

    Returns
    -------
    list of np.ndarray of float32 [shape=(80 * (n_frames - 1),)]
        In [-1, 1].

    Raises
    ------
    ValueError
        If a spectrogram has another shape.
    """
    sounds, n_mels = [], model.recipe.n_mels
    for i, mel in enumerate(mels):
        if mel.ndim != 2 or mel.shape[1] != n_mels or len(mel) < 2:
            raise ValueError(
                f"mels[{i}] has shape {mel.shape}; expected (n_frames, {n_mels}), and two frames or more."
            )
        # silence on both sides; and few lengths, since some backends compile for each anew
        sides = ((CONTEXT, CONTEXT + -len(mel) % ROUND), (0, 0))
        padded = np.pad(mel.astype(np.float32), sides, constant_values=-1)
        y = as_array(model.network(padded[None]))[0, CONTEXT * HOP_LENGTH :]
        sounds.append(np.clip(y[: (len(mel) - 1) * HOP_LENGTH], -1, 1))
    return sounds


@checked
def copy_clips(model: Vocoder, clips: Sequence[Clip]) -> list[np.ndarray]:
    """Reduce each clip to its mel spectrogram, and make a sound of that: see `vocode`.

    Returns
    -------
    list of np.ndarray of float32
        Each as long as its clip.
    """
    padded = [np.pad(clip, (0, -len(clip) % HOP_LENGTH)) for clip in clips]
    mels = [scaled_mel(clip, model.sample_rate, n_mels=model.recipe.n_mels) for clip in padded]
    return [sound[: len(clip)] for sound, clip in zip(vocode(model, mels), clips, strict=True)]
