"""Which parts of a spectrogram spoke for an answer: maps for many clips at once, and sounds made of them.

Grad-CAM gives each channel of a convolution's output one weight: the mean of the gradient over the picture.
That is right if the layers behind it treat all places alike, as global pooling does. Where they do not, the
mean mixes places that speak for the answer with places that speak against it; then gradient and activation
must be multiplied place by place before they are added up.

References
----------
Selvaraju and others (2017), Grad-CAM: visual explanations from deep networks via gradient-based localization.
Draelos, Carin (2020), Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional networks.
"""

import keras
import librosa
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import zoom

from ..._validate import Size, check_audio, check_choice, checked
from ...signal.mel import mel_filter_bank
from ...training import as_array, input_gradient
from ..features import FeatureSettings


@checked
def evidence_maps(
    network: keras.Model,
    x: np.ndarray,
    labels: NDArray[np.int64],
    *,
    layer: str = "relu1",
    kind: str = "each place",
) -> np.ndarray:
    """Say for each clip which parts of its spectrogram spoke for a class.

    Parameters
    ----------
    network : keras.Model
        From `audio_edu.recognition.cnn.build_cnn`.
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features.
    labels : np.ndarray [shape=(n_clips,)]
        The class in question, for each clip.
    layer : str
        The convolution whose output A is looked at; it must still have an axis of frequency.
    kind : {"each place", "grad-cam"}
        ``"each place"``: max(0, Σ_c ∂s/∂A_c · A_c), of which every place has its own gradient.
        ``"grad-cam"``: max(0, Σ_c α_c A_c), where α_c is the mean of the gradient over the picture.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)], float32
        From 0 to 1 in each clip, stretched to the size of the spectrogram.

    Raises
    ------
    ValueError
        If the layer is unknown or has no axis of frequency left, or if there is not one label for each clip.

    Examples
    --------
    >>> from audio_edu.recognition.cnn import build_cnn
    >>> evidence_maps(build_cnn(), np.ones((2, 101, 41), np.float32), [3, 5]).shape
    (2, 101, 40)
    """
    check_choice(kind, "kind", ("each place", "grad-cam"))
    check_choice(layer, "layer", [each.name for each in network.layers])
    tensor = network.get_layer(layer).output
    if len(tensor.shape) != 4:
        raise ValueError(
            f"layer is {layer!r}, with output {tensor.shape}; expected (n_clips, time, frequency, channels)."
        )
    x = x.astype(np.float32)
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}; expected (n_clips, n_frames, n_mels + 1).")
    chosen = chosen_classes(labels, len(x), network.output_shape[-1])
    activation = as_array(keras.Model(network.input, tensor)(x, training=False))
    rest = keras.Model([tensor, network.input], network.output)
    gradient = input_gradient(
        lambda a: ops.sum(rest([a, ops.convert_to_tensor(x)], training=False) * chosen), activation
    )
    if kind == "grad-cam":
        # α_c = mean over the picture of ∂s/∂A_c
        gradient = gradient.mean(axis=(1, 2), keepdims=True)
    # map = max(0, Σ_c ∂s/∂A_c · A_c)
    heat = np.maximum((gradient * activation).sum(axis=-1), 0)
    stretch = (1, x.shape[1] / heat.shape[1], (x.shape[2] - 1) / heat.shape[2])
    heat = zoom(heat, stretch, order=1, grid_mode=True, mode="nearest")
    return (heat / np.maximum(heat.max(axis=(1, 2), keepdims=True), 1e-9)).astype(np.float32)


@checked
def chosen_classes(labels: NDArray[np.int64], n_clips: Size, n_classes: Size) -> np.ndarray:
    """Return 1 at the class in question of each clip, else 0 [shape=(n_clips, n_classes)], float32.

    Raises
    ------
    ValueError
        If there is not one label for each clip, or one is no class.

    Examples
    --------
    >>> chosen_classes(np.array([1, 0]), 2, 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if labels.shape != (n_clips,):
        raise ValueError(f"labels has shape {labels.shape}; expected ({n_clips},), one for each clip of x.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}; expected 0 to {n_classes - 1}.")
    return np.eye(n_classes, dtype=np.float32)[labels]


@checked
def apply_mask(clip: ArrayLike, gain: np.ndarray, settings: FeatureSettings | None = None) -> np.ndarray:
    """Play a clip through a picture: each place of its spectrogram is multiplied by the picture's value.

    Parameters
    ----------
    clip : np.ndarray [shape=(n_samples,)]
        A sound of at most `settings.n_samples` samples.
    gain : np.ndarray [shape=(n_frames, n_mels)]
        From 0 (silent) to 1 (as it was): time first, as in the features.
    settings : FeatureSettings, optional
        Which frames and bands the picture has.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        The sound, with the phase that it had.

    Raises
    ------
    ValueError
        If the picture has not `n_mels` bands, or fewer frames than the clip.

    Examples
    --------
    >>> x = np.sin(np.arange(4000) / 5)
    >>> y = apply_mask(x, np.full((101, 40), 0.5))
    >>> bool(np.allclose(y, x / 2, atol=1e-6))
    True
    """
    s = settings or FeatureSettings()
    clip = check_audio(clip, "clip").astype(np.float64)
    spectrum = librosa.stft(clip, n_fft=s.n_fft, hop_length=s.hop_length)
    gain = gain.astype(np.float64)
    if gain.ndim != 2 or gain.shape[1] != s.n_mels or len(gain) < spectrum.shape[1]:
        raise ValueError(
            f"gain has shape {gain.shape}; expected at least {spectrum.shape[1]} frames of {s.n_mels} bands."
        )
    bank = mel_filter_bank(s.sample_rate, s.n_fft, s.n_mels)
    # a bin gets the mean of its bands' gains; one outside all bands that of the nearest bin
    total = bank.sum(axis=0)
    inside = np.flatnonzero(total > 0)
    bins = (bank.T @ gain.T)[inside] / total[inside, None]
    nearest = np.abs(np.arange(len(total))[:, None] - inside).argmin(axis=1)
    bins = bins[nearest][:, : spectrum.shape[1]]
    return librosa.istft(spectrum * bins, n_fft=s.n_fft, hop_length=s.hop_length, length=len(clip))
