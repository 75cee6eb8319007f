"""WaveNet: the probability of the next sample, given all samples before it.

The probability of a sound is a product of small ones, one factor for each sample:

    P(x_1, ..., x_T) = Π_t P(x_{t+1} | x_1, ..., x_t)

A sample is one of 256 µ-law codes, so each factor is a table of 256 probabilities, and a network computes the
table: causal convolutions whose dilation doubles from layer to layer, gates, residual and skip connections.
Nothing in it is recurrent: where the samples are known, all tables are computed at once (*teacher forcing*),
and that is how it trains. To generate, sample from the table, append the sample, and ask again
(`audio_edu.generation.wavenet.generate`).

One input is not the paper's: with ``ar_order`` above 0 the network is given an adaptive linear prediction of
the next sample. The filter knows the voice that it hears, whoever it is; the network knows speech. With
``ar_order=0`` this is the paper's network.

Its layers, in Keras, are in `audio_edu.generation.wavenet.layers`; the same as formulas, in NumPy, in
`audio_edu.generation.wavenet.formulas`.

Conventions: B clips, T samples, C channels; layers work on [shape=(B, T, C)]. ``codes`` are whole numbers, 0
to 255. ``logits[:, t]`` is about sample ``t`` and depends on the samples before it, never on sample ``t``.

References
----------
van den Oord and others (2016), WaveNet: a generative model for raw audio.
Valin and Skoglund (2019), LPCNet: improving neural speech synthesis through linear prediction.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from ..._validate import check_range, checked
from ...training import Trained, as_array, by_xla
from .data import network_inputs, word_positions
from .layers import Condition, FirstConvolution, GatedResidual, Output
from .recipe import WaveNetConfig, WaveNetRecipe


class WaveNetNetwork(keras.Model):
    """All layers.

    Called with what `network_inputs` returns; returns logits [shape=(B, T, n_levels)].

    Parameters
    ----------
    config : WaveNetConfig
        The size.
    n_labels, n_voices : int
        Number of labels, and of voices without the unknown one.
    """

    def __init__(self, config: WaveNetConfig, n_labels: int, n_voices: int):
        super().__init__(name="wavenet")
        c = self.config = config
        self.first = FirstConvolution(c, name="first")
        self.condition = Condition(c, n_labels, n_voices, name="condition")
        self.gated = [
            GatedResidual(c.n_residual, dilation, is_last=i == len(c.dilations) - 1, name=f"gated{i:02d}")
            for i, dilation in enumerate(c.dilations)
        ]
        self.last = Output(c, name="output")
        zero = np.zeros((1, 1), np.int32)
        self(network_inputs(c, np.zeros((1, c.frame_length), np.int32), zero[0], zero[0], zero))

    def call(self, inputs: Any) -> Any:
        """Compute all logits at once."""
        codes, label, voice, position, *prediction = inputs
        condition = self.condition(label, voice, position)
        x, n, skips = self.first(codes, *prediction), 2 * self.config.n_residual, []
        for i, layer in enumerate(self.gated):
            x, z = layer(x, condition[..., i * n : (i + 1) * n])
            skips.append(z)
        return self.last(ops.concatenate(skips, axis=-1), *prediction)


class WaveNet(Trained):
    """A network with the voices and labels it knows.

    Parameters
    ----------
    recipe : WaveNetRecipe
        How it is, or was, trained.
    facts : mapping
        ``label_names``, ``voice_names`` and ``sample_rate`` (Hz) of the corpus. Voice ``i`` is number ``i +
        1`` in the network, the unknown voice 0.

    Attributes
    ----------
    network : WaveNetNetwork
        The network.
    config : WaveNetConfig
        Its size.
    voice_names : tuple of str
        The names of the voices.
    arrays : dict
        ``word_lengths`` [shape=(n_labels, n_voices + 1)]: how many samples each voice takes for each word.
    """

    def __init__(self, recipe: WaveNetRecipe, facts: Mapping[str, Any]):
        n_labels, n_voices = len(facts["label_names"]), len(facts["voice_names"])
        network = WaveNetNetwork(recipe.config, n_labels, n_voices)
        optimizer = keras.optimizers.AdamW(
            WarmupHoldDecay(recipe.learning_rate, recipe.n_warmup, recipe.n_decay, recipe.n_steps),
            weight_decay=recipe.weight_decay,
            beta_2=0.99,
            global_clipnorm=1.0,
            use_ema=True,
            ema_momentum=recipe.ema_decay,
        )
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        network.compile(optimizer, loss, jit_compile=by_xla(recipe.jit_compile))
        lengths = np.full((n_labels, n_voices + 1), 4000, np.int32)
        super().__init__(recipe, facts, {"network": network}, {"word_lengths": lengths})
        self.network, self.config = network, recipe.config
        self.voice_names = tuple(self.facts["voice_names"])

    @checked
    def voice_number(self, voice: str | None) -> int:
        """Return the number of a voice's name, 0 for None.

        Raises
        ------
        ValueError
            If the network was not trained on this voice.
        """
        if voice is not None and voice not in self.voice_names:
            raise ValueError(
                f"voice is {voice!r}; expected None or one of the model's {len(self.voice_names)} voices: "
                f"{', '.join(self.voice_names[:3])}, ... (all in model.voice_names)."
            )
        return 0 if voice is None else self.voice_names.index(voice) + 1

    @checked
    def word_length(self, digit: int, voice: str | None = None) -> int:
        """Return how many samples a voice took for a word, on average over its training clips."""
        check_range(digit, "digit", 0, len(self.label_names) - 1, integer=True)
        return int(self.arrays["word_lengths"][digit, self.voice_number(voice)])

    @checked
    def positions(self, n_samples: int, n_word: int | None) -> np.ndarray:
        """Say where in the word each frame lies [shape=(n_frames,)]: see `word_positions`."""
        return word_positions(n_samples, n_word, self.config)

    @checked
    def logits(
        self,
        codes: NDArray[np.int64],
        labels: NDArray[np.int64],
        voices: NDArray[np.int64],
        positions: NDArray[np.int64],
    ) -> np.ndarray:
        """Compute the logits of all samples at once [shape=(B, T, n_levels)]: see `network_inputs`."""
        inputs = network_inputs(self.config, codes, labels, voices, positions)
        return as_array(self.network(inputs))


class WarmupHoldDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises to `rate`, stays there, and falls to zero, each along a straight line."""

    def __init__(self, rate: float, n_warmup: int, n_decay: int, n_steps: int):
        self.rate, self.n_warmup, self.n_decay, self.n_steps = rate, n_warmup, n_decay, n_steps

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step."""
        step = ops.cast(step, "float32")
        rising, falling = (step + 1) / self.n_warmup, (self.n_steps - step) / self.n_decay
        return self.rate * ops.maximum(0.0, ops.minimum(1.0, ops.minimum(rising, falling)))
