"""The network in Keras, from frames of a mel spectrogram to frames of a spectrum, and its critic.

No layer works on samples: blocks of convolutions keep 100 frames a second to the end, and the inverse Fourier
transform makes 80 samples of each. That is why it is fast.

Conventions: B clips, F frames, n = 80 (F − 1) samples.

References
----------
Siuzdak (2023), Vocos: closing the gap between time-domain and Fourier-based neural vocoders.
Kong, Kim and Bae (2020), HiFi-GAN: generative adversarial networks for speech synthesis (the critic).
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ...layers import ConvNeXt
from ...layers.spectra import LEVEL, inverse_spectrum
from ...training import Trained, adamw, as_array
from ..mel import HOP_LENGTH, N_FFT
from .recipe import VocoderRecipe
from .train_step import vocoder_step

#: The largest log-magnitude.
_MOST = 6.0


class VocoderNetwork(keras.Model):
    """Mel spectrograms [shape=(B, F, n_mels)] to sound [shape=(B, 80 (F − 1))].

    Parameters
    ----------
    recipe : VocoderRecipe
        The sizes.
    """

    def __init__(self, recipe: VocoderRecipe):
        super().__init__(name="vocoder")
        mel = keras.Input((None, recipe.n_mels), name="mel")
        x = layers.Conv1D(recipe.channels, 3, padding="same", name="into")(mel)
        x = layers.LayerNormalization(epsilon=1e-6, name="norm_in")(x)
        for i in range(recipe.n_blocks):
            x = ConvNeXt(1 / recipe.n_blocks, name=f"block{i}")(x)
        x = layers.LayerNormalization(epsilon=1e-6, name="norm_out")(x)
        # from 0 to 4,000 Hz a log-magnitude and a phase for each of 161 bins
        self.frames = keras.Model(mel, layers.Dense(2 + N_FFT, name="spectrum")(x), name="frames")
        self(np.zeros((1, 5, recipe.n_mels), np.float32))

    def call(self, mel: Any) -> Any:
        """Make a spectrum, and sound of it."""
        log_magnitude, phase = ops.split(self.frames(mel), 2, axis=-1)
        magnitude = ops.exp(ops.minimum(log_magnitude, _MOST))
        y = inverse_spectrum(magnitude * ops.cos(phase), magnitude * ops.sin(phase))
        # frame t is centred on the middle of 80 samples; let it be centred on sample 80 t
        return y[:, HOP_LENGTH // 2 : -HOP_LENGTH // 2]


class Critic(keras.Model):
    """Sound [shape=(B, n)] to scores: each part looks at every p-th sample, for several periods p.

    Parameters
    ----------
    periods : tuple of int
        The periods, of no common factor, so that each part sees what others do not.
    channels : tuple of int
        Channels of the layers of a part; each sees 5 numbers, and all but the last leave out two of three.
    """

    def __init__(self, periods: tuple[int, ...], channels: tuple[int, ...]):
        super().__init__(name="critic")
        self.periods = periods
        self.parts = []
        for p in periods:
            part = [
                layers.Conv1D(n, 5, 3 if i < len(channels) - 1 else 1, "same", name=f"period{p}_conv{i}")
                for i, n in enumerate(channels)
            ]
            self.parts.append([*part, layers.Conv1D(1, 3, padding="same", name=f"period{p}_score")])
        self(np.zeros((1, 1280), np.float32))

    def call(self, x: Any) -> list[list[Any]]:
        """Return for each period what its layers see [shape=(B · p, n_i, channels_i)]; scores come last."""
        seen, x = [], x / LEVEL
        for p, part in zip(self.periods, self.parts, strict=True):
            n = x.shape[1] // p
            # row (b, i) holds the samples i, i + p, i + 2 p, ... of sound b
            rows = ops.transpose(ops.reshape(x[:, : n * p], (-1, n, p)), (0, 2, 1))
            h, maps = ops.reshape(rows, (-1, n, 1)), []
            for i, layer in enumerate(part):
                h = layer(h)
                h = ops.leaky_relu(h, 0.1) if i < len(part) - 1 else h
                maps.append(h)
            seen.append(maps)
        return seen


class Vocoder(Trained):
    """A vocoder, with the critic that it learned from, if there was one.

    Parameters
    ----------
    recipe : VocoderRecipe
        How it is, or was, trained.
    facts : mapping
        ``sample_rate`` (Hz).

    Attributes
    ----------
    network : VocoderNetwork
        The network.
    """

    def __init__(self, recipe: VocoderRecipe, facts: Mapping[str, Any]):
        self.network = VocoderNetwork(recipe)
        rates = {name: getattr(recipe, name) for name in ("learning_rate", "weight_decay", "ema_decay")}
        self.network.compile(adamw(recipe.schedule_steps or recipe.n_steps, clipnorm=1.0, **rates))
        networks: dict[str, keras.Model] = {"vocoder": self.network}
        if recipe.critic_weight:
            critic = networks["critic"] = Critic(recipe.periods, recipe.critic_channels)
            critic.compile(keras.optimizers.Adam(recipe.critic_rate, beta_1=0.8, beta_2=0.99))
        super().__init__(recipe, facts, networks)
        self._step: Any = None

    @property
    def curve_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """What a step returns: see `vocoder_step`."""
        more = ("critic_loss", "adversarial_loss", "feature_loss")
        return ("spectral_loss", *(more if self.recipe.critic_weight else ()))

    def train_on_batch(self, *batch: np.ndarray) -> np.ndarray:
        """Learn from one batch; return the numbers that `curve_names` names."""
        if self._step is None:
            self._step = vocoder_step(
                self.network, self.networks.get("critic"), self.recipe, self.sample_rate
            )
        return np.array([as_array(number) for number in self._step(*batch)])
