"""WaveNet: the probability of the next sample, given all samples before it.

The probability of a sound is a product of small ones, one factor for each sample:

    P(x_1, ..., x_T) = Π_t P(x_{t+1} | x_1, ..., x_t)

A sample is one of 256 µ-law codes, so each factor is a table of 256 probabilities, and a network computes the
table: causal convolutions whose dilation doubles from layer to layer, gates, residual and skip connections.
Nothing in it is recurrent: where the samples are known, all tables are computed at once (*teacher forcing*),
and that is how it trains. To generate, draw a sample from the table, append it, and ask again
(`audio_edu.generation.wavenet_generation`).

One input is not the paper's: with ``ar_order`` above 0 the network is told what an adaptive linear predictor
expects of the next sample (`advice`). The filter knows the voice that it hears, whoever it is; the network
knows speech. With ``ar_order=0`` this is the paper's network.

Its layers, in Keras, are in `audio_edu.generation.wavenet_layers`; the same as formulas, in NumPy, in
`audio_edu.generation.wavenet_formulas`.

Conventions: B clips, T samples, C channels; layers work on [shape=(B, T, C)]. ``codes`` are whole numbers, 0
to 255. ``logits[:, t]`` speaks of sample ``t`` and knows the samples before it, never sample ``t`` itself.

References
----------
van den Oord and others (2016), WaveNet: a generative model for raw audio.
Valin and Skoglund (2019), LPCNet: improving neural speech synthesis through linear prediction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from .._validate import check_positive, check_range
from ..checkpoints import load_checkpoint, save_checkpoint, set_weights
from ..signal import mu_law_decode
from .wavenet_layers import Condition, FirstConvolution, GatedResidual, Output
from .wavenet_prediction import AdaptiveAR

__all__ = [
    "SILENCE",
    "WaveNet",
    "WaveNetConfig",
    "advice",
    "load_wavenet",
    "save_wavenet",
    "word_positions",
]

#: The code of the value closest to zero: what a clip is padded with.
SILENCE = 128


@dataclass(frozen=True)
class WaveNetConfig:
    """The size of a WaveNet.

    Parameters
    ----------
    n_stacks, n_layers : int
        The dilations 1, 2, 4, ..., 2^(n_layers − 1) are gone through `n_stacks` times.
    n_residual, n_skip, n_head : int
        Channels from layer to layer, of the sum over all layers, and of the layer between it and the logits.
    n_taps : int
        How many samples back the very first convolution looks.
    n_condition : int
        In so many numbers the layers are told what to say: the digit, the voice, the time since the start.
    frame_length : int
        What to say changes every so many samples.
    n_ticks, n_positions : int
        The clock counts so many frames, then stands still; a word is divided into so many positions.
    n_levels : int
        The number of µ-law codes.
    ar_order : int
        The order of the adaptive linear prediction whose guess the network is told before each sample
        (`audio_edu.generation.wavenet_prediction`). 0: none, the paper's WaveNet.
    """

    n_stacks: int = 2
    n_layers: int = 10
    n_residual: int = 32
    n_skip: int = 64
    n_head: int = 128
    n_taps: int = 16
    n_condition: int = 24
    frame_length: int = 160
    n_ticks: int = 50
    n_positions: int = 32
    n_levels: int = 256
    ar_order: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name == "ar_order":
                check_range(value, name, 0, 64, integer=True)
            else:
                check_positive(value, name, integer=True)

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer."""
        return tuple(2**i for i in range(self.n_layers)) * self.n_stacks

    @property
    def receptive_field(self) -> int:
        """How many samples of the past a table of probabilities depends on."""
        # R = n_taps + Σ_i (kernel − 1) · dilation_i, with a kernel of 2
        return self.n_taps + sum(self.dilations)


def word_positions(n_samples: int, n_word: int | None, frame_length: int, n_positions: int) -> np.ndarray:
    """Do what `WaveNet.positions` does."""
    n_frames = -(-n_samples // frame_length)
    if n_word is None:
        return np.zeros(n_frames, np.int32)
    middle = (np.arange(n_frames) + 0.5) * frame_length
    return np.minimum(1 + np.floor(n_positions * middle / n_word), n_positions + 1).astype(np.int32)


def advice(codes: np.ndarray, config: WaveNetConfig) -> tuple[np.ndarray, ...]:
    """Compute what a linear predictor expects of rows of codes.

    Parameters
    ----------
    codes : np.ndarray of int [shape=(B, T)]
        µ-law codes.
    config : WaveNetConfig
        Says of which order.

    Returns
    -------
    tuple of np.ndarray
        One, guesses and scales [shape=(B, T, 2)], float32; none at all if the network takes no advice.
    """
    if not config.ar_order:
        return ()
    coder = AdaptiveAR(config.ar_order)
    return (np.stack([coder.guesses(row, config.n_levels) for row in codes]).astype(np.float32),)


@keras.saving.register_keras_serializable("audio_edu")
class WaveNet(keras.Model):
    """The whole network, with the names of the voices and labels it knows.

    Called with what `inputs` returns: int32 codes [shape=(B, T)], T a multiple of ``config.frame_length``;
    labels [shape=(B,)]; numbers of voices [shape=(B,)], 0 for an unknown one; positions [shape=(B,
    n_frames)]; and, if ``config.ar_order`` is above 0, `advice`. Returns logits [shape=(B, T, n_levels)].

    Parameters
    ----------
    config : WaveNetConfig
        The size.
    label_names : sequence of str
        What it can be asked to say.
    voice_names : sequence of str
        By whom; number ``i + 1`` in the network.
    sample_rate : int
        Of the sound that it learns.
    """

    def __init__(
        self,
        config: WaveNetConfig,
        label_names: Sequence[str],
        voice_names: Sequence[str],
        sample_rate: int = 8000,
    ):
        super().__init__(name="wavenet")
        c = self.config_ = config
        self.label_names, self.voice_names = tuple(label_names), tuple(voice_names)
        self.sample_rate = sample_rate
        self.card: dict[str, Any] = {}  # what is known of the training
        # typical lengths of words in samples [shape=(n_labels, n_voices + 1)], voice 0 being the unknown one
        self.word_lengths = np.full((len(self.label_names), len(self.voice_names) + 1), 4000)
        n_layers = len(c.dilations)
        takes_advice = c.ar_order > 0
        values = mu_law_decode(np.arange(c.n_levels), c.n_levels)
        self.first = FirstConvolution(
            c.n_levels, c.n_taps, c.n_residual, takes_advice=takes_advice, name="first"
        )
        self.condition = Condition(len(self.label_names), len(self.voice_names), c, name="condition")
        self.gated = [
            GatedResidual(c.n_residual, dilation, is_last=i == n_layers - 1, name=f"gated{i:02d}")
            for i, dilation in enumerate(c.dilations)
        ]
        self.output_ = Output(c, values, takes_advice=takes_advice, name="output")
        zero = np.zeros((1, 1), np.int32)
        self(self.inputs(np.full((1, c.frame_length), SILENCE, np.int32), zero[0], zero[0], zero))

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned."""
        return int(sum(np.prod(w.shape) for w in self.trainable_weights))

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

    def word_length(self, digit: int, voice: str | None = None) -> int:
        """Return how many samples a voice took for a word, on average over its training clips."""
        check_range(digit, "digit", 0, len(self.label_names) - 1, integer=True)
        return int(self.word_lengths[digit, self.voice_number(voice)])

    def positions(self, n_samples: int, n_word: int | None) -> np.ndarray:
        """Say where in the word each frame lies.

        Parameters
        ----------
        n_samples : int
            Length of the clip.
        n_word : int or None
            Length of the word that it begins with; what follows is silence. None: nobody knows.

        Returns
        -------
        np.ndarray [shape=(n_frames,)], int32
            0 unknown; 1 to `n_positions` in the word; `n_positions` + 1 after it.
        """
        c = self.config_
        return word_positions(n_samples, n_word, c.frame_length, c.n_positions)

    def inputs(
        self, codes: np.ndarray, labels: np.ndarray, voices: np.ndarray, positions: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Put together what the network is called with; the advice is computed here (see `advice`)."""
        codes = codes.astype(np.int32)
        return (codes, labels, voices, positions, *advice(codes, self.config_))

    def call(self, inputs: Any) -> Any:
        """Compute all logits at once."""
        codes, label, voice, position, *advice = inputs
        condition = self.condition(label, voice, position)
        x, n, skips = self.first(codes, *advice), 2 * self.config_.n_residual, []
        for i, layer in enumerate(self.gated):
            x, z = layer(x, condition[..., i * n : (i + 1) * n])
            skips.append(z)
        return self.output_(ops.concatenate(skips, axis=-1), *advice)


def save_wavenet(path: str | Path, model: WaveNet, card: Mapping[str, Any]) -> None:
    """Write a checkpoint: the weights (``.npz``) and a card (``.json``).

    Parameters
    ----------
    path : str or Path
        The weights' file.
    model : WaveNet
        Trained.
    card : mapping
        What to tell about it: command, wall time, metrics.
    """
    card = {
        "name": "wavenet", **card, "recipe": model.card.get("recipe", {}), "config": asdict(model.config_),
        "label_names": list(model.label_names), "voice_names": list(model.voice_names),
        "sample_rate": model.sample_rate,
    }  # fmt: skip
    save_checkpoint(path, [*model.get_weights(), model.word_lengths.astype(np.int32)], card)


def load_wavenet(path: str | Path | None = None) -> WaveNet:
    """Load a checkpoint.

    Parameters
    ----------
    path : str or Path, optional
        An ``.npz``, or a shipped checkpoint's name: ``wavenet`` (default) or ``wavenet_advised``.

    Raises
    ------
    FileNotFoundError
        If it is not there; the message says how to make it.
    ValueError
        If it is damaged, or of another kind.
    """
    source = "wavenet" if path is None else path
    weights, card = load_checkpoint(source, kinds=["wavenet", "wavenet_advised"])
    try:
        config = WaveNetConfig(**card["config"])
        model = WaveNet(config, card["label_names"], card["voice_names"], card["sample_rate"])
        *weights, word_lengths = weights
        if word_lengths.shape != model.word_lengths.shape:
            raise ValueError("other words or voices")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{source} does not hold the WaveNet of its card; train it again.") from error
    set_weights(model, weights, source)
    model.word_lengths, model.card = word_lengths, card
    return model
