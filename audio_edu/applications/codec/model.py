"""The networks in Keras: encoder, residual quantiser, decoder.

The encoder makes a vector of every 16 ms of sound, the quantiser codes of the vector, and the decoder makes a
spectrum, magnitude and phase, of what the codes stand for.

Conventions: B clips, n samples, F frames of 8 ms, T vectors of 16 ms, D numbers in a vector.

References
----------
Zeghidour and others (2021), SoundStream: an end-to-end neural audio codec.
Siuzdak (2023), Vocos: closing the gap between time-domain and Fourier-based neural vocoders.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ...layers import ConvNeXt
from ...layers.spectra import inverse_spectrum
from .layers import ResidualQuantizer
from .recipe import N_FFT, N_STEP, STRIDE, CodecRecipe
from .transform import features

#: The largest log-magnitude that the decoder makes.
_MOST = 6.0


def build_encoder(recipe: CodecRecipe) -> keras.Model:
    """Build the network from features [shape=(B, F, 387)] to vectors [shape=(B, T, n_latent)]."""
    before, after = recipe.encoder_blocks
    n_blocks = before + after
    frames = keras.Input((None, 3 * (1 + N_FFT // 2)), name="features")
    x = layers.Dense(recipe.channels, name="encoder_into")(frames)
    x = layers.LayerNormalization(epsilon=1e-6, name="encoder_norm_in")(x)
    for i in range(n_blocks):
        if i == before:
            x = layers.Conv1D(recipe.channels, STRIDE, STRIDE, name="encoder_down")(x)
        x = ConvNeXt(1 / n_blocks, name=f"encoder_block{i}")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="encoder_norm_out")(x)
    return keras.Model(frames, layers.Dense(recipe.n_latent, name="encoder_out")(x), name="encoder")


def build_decoder(recipe: CodecRecipe) -> keras.Model:
    """Build the network from vectors [shape=(B, T, n_latent)] to log-magnitudes and phases [(B, F, 258)]."""
    before, after = recipe.decoder_blocks
    n_blocks = before + after
    vectors = keras.Input((None, recipe.n_latent), name="vectors")
    x = layers.Dense(recipe.channels, name="decoder_into")(vectors)
    x = layers.LayerNormalization(epsilon=1e-6, name="decoder_norm_in")(x)
    for i in range(n_blocks):
        if i == before:
            x = layers.Dense(STRIDE * recipe.channels, name="decoder_up")(x)
            x = layers.Reshape((-1, recipe.channels), name="decoder_frames")(x)
        x = ConvNeXt(1 / n_blocks, name=f"decoder_block{i}")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="decoder_norm_out")(x)
    return keras.Model(vectors, layers.Dense(2 + N_FFT, name="decoder_spectrum")(x), name="decoder")


class CodecNetwork(keras.Model):
    """Encoder, quantiser and decoder, trained as one.

    Parameters
    ----------
    recipe : CodecRecipe
        The sizes.
    """

    def __init__(self, recipe: CodecRecipe):
        super().__init__(name="codec")
        self.encoder, self.decoder = build_encoder(recipe), build_decoder(recipe)
        self.quantizer = ResidualQuantizer(
            recipe.n_stages, recipe.n_codes, recipe.codebook_decay, recipe.dead, name="quantizer"
        )
        self(np.zeros((1, 2 * N_STEP), np.float32), np.ones((1, 2), np.int32))

    def call(self, x: Any, depth: Any, draws: Any = None) -> tuple[Any, Any, Any]:
        """Code and decode sound [shape=(B, n)], n a multiple of 128; see `ResidualQuantizer`.

        Returns the sound [shape=(B, n)], the commitment loss and the perplexity.
        """
        z = self.encode(x)
        quantized, _, commitment, perplexity = self.quantizer(z, depth, draws)
        # straight through: forward ẑ, backward as if nothing had been rounded
        y = self.decode(z + ops.stop_gradient(quantized - z))
        return y, commitment, perplexity

    def encode(self, x: Any) -> Any:
        """Return the vectors [shape=(B, T, D)] of sound [shape=(B, n)]."""
        return self.encoder(features(x, N_FFT))

    def decode(self, vectors: Any) -> Any:
        """Return the sound [shape=(B, 128 T)] of vectors [shape=(B, T, D)]."""
        log_magnitude, phase = ops.split(self.decoder(vectors), 2, axis=-1)
        magnitude = ops.exp(ops.minimum(log_magnitude, _MOST))
        return inverse_spectrum(magnitude * ops.cos(phase), magnitude * ops.sin(phase))
