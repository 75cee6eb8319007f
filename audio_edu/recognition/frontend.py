"""`audio_edu.recognition.speech_features` as a Keras layer: the front end of a model that takes samples.

A test holds the two equal.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..signal import mel_filter_bank
from .features import FeatureSettings


class SpeechFeatures(keras.layers.Layer):
    """`speech_features` as a layer: samples in, normalized frames and mask out.

    Input [shape=(n_clips, n_samples)], output [shape=(n_clips, n_frames, n_mels + 1)]. It has no weights.

    Parameters
    ----------
    settings : FeatureSettings, optional
        How samples become frames.
    """

    def __init__(self, settings: FeatureSettings | None = None, **options: Any):
        super().__init__(dtype="float32", **options)  # 1e-10 is 0 in half precision
        self.settings = settings or FeatureSettings()
        s = self.settings
        # The transform itself as a matrix: n_fft is small, and one product is faster than many short FFTs
        n, k = np.arange(s.n_fft), np.arange(1 + s.n_fft // 2)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * n / s.n_fft)
        angle = 2 * np.pi * ((n[:, None] * k) % s.n_fft) / s.n_fft
        self._dft = np.concatenate(
            [window[:, None] * np.cos(angle), window[:, None] * np.sin(angle)], axis=1
        ).astype(np.float32)
        self._bank = mel_filter_bank(s.sample_rate, s.n_fft, s.n_mels).T.astype(np.float32)

    def call(self, x: Any) -> Any:
        """Transform samples [shape=(n_clips, n_samples)]."""
        s = self.settings
        half = s.n_fft // 2
        x = ops.pad(x, [[0, 0], [half, half]])
        frames = ops.extract_sequences(x, s.n_fft, s.hop_length)
        spectrum = ops.square(ops.matmul(frames, self._dft))
        power = spectrum[..., : half + 1] + spectrum[..., half + 1 :]
        # L = 10 log10 max(mel, 1e-10)
        mel = ops.maximum(ops.matmul(power, self._bank), 1e-10)
        mel_db = 10 * ops.log10(mel)
        mel_db = ops.maximum(mel_db, ops.max(mel_db, axis=(1, 2), keepdims=True) - s.floor_db)
        level = 10 * ops.log10(ops.sum(ops.power(10.0, mel_db / 10), axis=-1))
        loud = ops.cast(level > ops.max(level, axis=1, keepdims=True) - s.range_db, "float32")
        m = ops.cast(ops.cumsum(loud, axis=1) > 0.5, "float32")
        m = m * ops.cast(ops.flip(ops.cumsum(ops.flip(loud, axis=1), axis=1), axis=1) > 0.5, "float32")
        m = m[..., None]
        n = ops.sum(m, axis=1, keepdims=True)
        mean = ops.sum(mel_db * m, axis=1, keepdims=True) / n
        mean = s.whitening * mean + (1 - s.whitening) * ops.mean(mean, axis=-1, keepdims=True)
        y = (mel_db - mean) * m
        std = ops.sqrt(ops.sum(ops.square(y), axis=(1, 2), keepdims=True) / (n * s.n_mels))
        return ops.concatenate([y / (std + 1e-3), m], axis=-1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return (n_clips, n_frames, n_channels)."""
        return (input_shape[0], self.settings.n_frames, self.settings.n_channels)
