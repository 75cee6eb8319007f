"""What decides what comes out of a training: the network's size, the batches, the optimizer.

Two recipes ship. ``wavenet`` is the paper's network and speaks. ``wavenet_advised`` is also given a linear
prediction of each sample: it predicts strangers better, and does not speak.
"""

from dataclasses import dataclass, field

from ..._validate import check_range, checked
from ...training.recipe import MOST_STEPS, Recipe, check_sizes


@checked
@dataclass(frozen=True)
class WaveNetConfig:
    """The size of a WaveNet.

    Parameters
    ----------
    n_stacks, n_layers : int
        The dilations 1, 2, 4, ..., 2^(n_layers − 1) are gone through `n_stacks` times.
    n_residual, n_skip, n_head : int
        Channels of the residual path, of the sum over all layers, and of the layer between it and the logits.
    n_taps : int
        Number of past samples that the first convolution weighs.
    n_condition : int
        Size of the embeddings of digit, voice, clock and position, from which all layers are conditioned.
    frame_length : int
        Samples for which a condition holds.
    n_ticks, n_positions : int
        Frames that the clock counts before it stands still; parts into which a word is divided.
    n_levels : int
        Number of µ-law codes.
    ar_order : int
        Order of the adaptive linear prediction that the network is given before each sample
        (`audio_edu.generation.wavenet.linear_prediction`). 0: none, the paper's WaveNet.
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
        check_range(self.ar_order, "ar_order", 0, 64, integer=True)
        check_sizes(self, n_stacks=8, n_layers=14, n_residual=512, n_skip=512, n_head=1024, n_taps=1024)
        check_sizes(
            self, n_condition=512, frame_length=1 << 16, n_ticks=4096, n_positions=4096, n_levels=4096
        )

    @property
    def dilations(self) -> tuple[int, ...]:
        """The dilation of each layer."""
        return tuple(2**i for i in range(self.n_layers)) * self.n_stacks

    @property
    def receptive_field(self) -> int:
        """Number of past samples that a table of probabilities depends on."""
        # R = n_taps + Σ_i (kernel − 1) · dilation_i, with a kernel of 2
        return self.n_taps + sum(self.dilations)


@checked
@dataclass(frozen=True, kw_only=True)
class WaveNetRecipe(Recipe):
    """How a WaveNet is trained.

    Parameters
    ----------
    n_steps : int
        Number of batches.
    seed : int
        Seed of the weights and of every batch.
    n_warmup, n_decay : int
        Steps over which the learning rate rises to `learning_rate`, and at the end falls to zero.
    learning_rate, weight_decay : float
        AdamW's.
    ema_decay : float
        Decay of the exponential moving average of the weights, which is kept in the end.
    row_lengths : tuple of int
        A clip and its silence go into the shortest of these rows that holds them (samples; whole frames).
    samples_per_batch : int
        Approximate number of samples in a batch, silence included.
    n_silence : int
        Samples of silence after each clip that have to be predicted, too: how the network learns to stop.
    p_unknown_voice, p_unknown_length : float
        Share of the clips whose voice, and whose length, is hidden.
    p_augment : float
        Share of the clips that `audio_edu.generation.wavenet.data.augment` turns into a voice that nobody
        has; it counts as hidden.
    p_noise, max_noise : float
        Share of the clips with noise on what the network sees of them, and the noise's largest standard
        deviation (codes).
    jit_compile : bool
        Compile the step with TensorFlow's XLA, anew for each length of rows: twice as fast, after some
        seconds for each.
    config : WaveNetConfig
        The network's size.
    """

    n_steps: int = 18_500
    n_warmup: int = 300
    n_decay: int = 8_000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    ema_decay: float = 0.998
    row_lengths: tuple[int, ...] = (3360, 4000, 4800, 5920, 8000)
    samples_per_batch: int = 16_384
    n_silence: int = 400
    p_unknown_voice: float = 0.15
    p_unknown_length: float = 0.1
    p_augment: float = 0.3
    p_noise: float = 0.5
    max_noise: float = 2.0
    jit_compile: bool = True
    config: WaveNetConfig = field(default_factory=lambda: WaveNetConfig(n_condition=64))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, n_warmup=MOST_STEPS, n_decay=MOST_STEPS, samples_per_batch=1 << 24)
        check_sizes(self, row_lengths=1 << 20)
        if any(n % self.config.frame_length for n in self.row_lengths):
            raise ValueError(
                f"row_lengths is {self.row_lengths}; expected multiples of frame_length, "
                f"{self.config.frame_length}."
            )

    @property
    def n_steps_alike(self) -> int:
        """Steps before the learning rate falls: until then a longer training is a shorter one continued."""
        return self.n_steps - self.n_decay


#: What ships, by the name of the checkpoint.
RECIPES = {
    "wavenet": WaveNetRecipe(),
    "wavenet_advised": WaveNetRecipe(
        n_steps=6_500,
        n_decay=4_000,
        p_unknown_voice=0.25,
        p_augment=0.5,
        p_noise=0.0,
        config=WaveNetConfig(ar_order=16),
    ),
}

#: Small enough for a test; with everything that the large ones have.
TINY = WaveNetRecipe(
    n_steps=12,
    n_warmup=2,
    n_decay=4,
    row_lengths=(4000, 8000),
    samples_per_batch=12_000,
    jit_compile=False,
    config=WaveNetConfig(
        n_layers=3, n_residual=6, n_skip=8, n_head=12, n_taps=3, n_condition=5, n_positions=4, ar_order=4
    ),
)
