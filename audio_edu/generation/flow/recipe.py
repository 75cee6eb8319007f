"""What decides what comes out of a training: the network's size, the batches, the optimizer.

``flow`` ships. It is given the mel spectrogram of what it is to sound like: it is a vocoder. With
``config.n_condition=0`` it is given nothing.
"""

from dataclasses import dataclass, field

from ..._validate import check_positive, check_range, checked
from ...training.recipe import MOST_STEPS, Recipe, check_sizes
from ..mel import HOP_LENGTH, N_FFT, N_MELS


@checked
@dataclass(frozen=True)
class FlowConfig:
    """The size of a flow.

    Parameters
    ----------
    n_squeeze : int
        Successive samples that become the channels of one position.
    n_couplings : int
        Steps, each an invertible 1×1 convolution and an affine coupling.
    n_changed : int
        Channels that a coupling changes; it looks at the others.
    n_channels : int
        Channels inside of the network that looks.
    dilations : tuple of int
        Of its layers; each sees a position and two neighbours, so many positions away.
    n_condition : int
        Channels into which the mel spectrogram is turned. 0: there is none.
    n_mels, n_fft, hop_length : int
        The mel spectrogram: bands, and the frame and the step of the STFT (samples).
    n_levels : int
        Number of µ-law codes.
    gain : float
        Samples are multiplied by it first, so that they spread about as the noise does that they become.
    """

    n_squeeze: int = 8
    n_couplings: int = 16
    n_changed: int = 4
    n_channels: int = 56
    dilations: tuple[int, ...] = (1, 3, 9, 27)
    n_condition: int = 48
    n_mels: int = N_MELS
    n_fft: int = N_FFT
    hop_length: int = HOP_LENGTH
    n_levels: int = 256
    gain: float = 10.0

    def __post_init__(self) -> None:
        check_sizes(self, n_squeeze=64, n_couplings=64, n_channels=1024, dilations=1024)
        check_sizes(self, n_mels=128, n_fft=4096, hop_length=4096)
        check_range(self.n_levels, "n_levels", 2, 65536, integer=True)
        check_range(self.n_condition, "n_condition", 0, 512, integer=True)
        check_range(self.n_changed, "n_changed", 1, self.n_squeeze - 1, integer=True)
        check_positive(self.gain, "gain")
        if self.hop_length % self.n_squeeze:
            raise ValueError(f"hop_length is {self.hop_length}; expected a multiple of {self.n_squeeze}.")


@checked
@dataclass(frozen=True, kw_only=True)
class FlowRecipe(Recipe):
    """How a flow is trained.

    Parameters
    ----------
    n_steps, seed
        Number of batches; seed of the weights and of every batch.
    schedule_steps : int
        Steps over which the learning rate rises and falls; 0: `n_steps`. If it is more, the training ends
        before the rate has come down.
    batch_size : int
        Pieces in a batch.
    n_samples : int
        Length of a piece: whole steps of the STFT. A shorter clip is followed by silence.
    learning_rate, weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    clipnorm : float
        Largest norm of each variable's gradient.
    p_augment : float
        Share of the clips that `audio_edu.generation.wavenet.data.augment` turns into a voice that nobody
        has.
    config : FlowConfig
        The network's size.
    """

    n_steps: int = 10_000
    schedule_steps: int = 0
    batch_size: int = 64
    n_samples: int = 2_000
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.998
    clipnorm: float = 1.0
    p_augment: float = 0.5
    config: FlowConfig = field(default_factory=FlowConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, batch_size=4096, n_samples=1 << 20)
        check_range(self.schedule_steps, "schedule_steps", 0, MOST_STEPS, integer=True)
        for name in ("learning_rate", "clipnorm"):
            check_positive(getattr(self, name), name)
        for name in ("weight_decay", "ema_decay", "p_augment"):
            check_range(getattr(self, name), name, 0.0, 1.0)
        if self.n_samples % self.config.hop_length:
            raise ValueError(
                f"n_samples is {self.n_samples}; expected a multiple of hop_length, {self.config.hop_length}."
            )

    @property
    def n_steps_alike(self) -> int:
        """All steps, where the learning rate's curve is stretched over a number of its own; else none."""
        return self.n_steps if self.schedule_steps else 0


#: What ships, by the name of the checkpoint. It was to take 10,000 steps, and was stopped.
RECIPES = {"flow": FlowRecipe(n_steps=8_306, schedule_steps=10_000)}

#: Small enough for a test.
TINY = FlowRecipe(
    n_steps=20,
    batch_size=4,
    n_samples=640,
    config=FlowConfig(
        n_squeeze=4, n_couplings=2, n_changed=2, n_channels=8, dilations=(1, 3), n_condition=6, n_mels=10
    ),
)
