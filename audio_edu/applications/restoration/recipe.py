"""How a restorer is made: everything that decides what comes out of ``audio-edu train denoise``."""

from dataclasses import dataclass, replace

from ..._validate import check_choice, check_positive, check_range, checked
from ...training import Recipe
from ...training.recipe import check_sizes

#: What can be wrong with a recording, and who mends it.
TASKS = ("denoise", "declip", "fill")


@checked
@dataclass(frozen=True, kw_only=True)
class RestorationRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    task : {"denoise", "declip", "fill"}
        What is mended. A denoiser is causal: it has heard nothing of what comes after a frame. The other two
        see both sides.
    n_fft : int
        Samples of a frame; frames overlap by three quarters.
    batch_size : int
        Segments in a step.
    n_samples : int
        Samples of a segment, a multiple of 256 and of a quarter of `n_fft`.
    channels : int
        Channels of all blocks.
    dilations : tuple of int
        One for each block: how many frames lie from one that its convolution sees to the next.
    taps : int
        Frames whose spectra are weighted and added to one of the output; 1 is a mask.
    guess : bool
        Whether a classical method goes first, and the network mends what that leaves, see `first_guess`. Not
        for a denoiser.
    spectral : float
        The weight of `spectral_loss` beside the signal-to-noise ratio (in tens of dB).
    snr_db : (float, float)
        Of the noise that a denoiser learns from: lowest and highest (dB).
    learning_rate : float
        Adam's.
    weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    schedule_steps : int
        Steps that the learning rate's curve is made for; 0: `n_steps`.
    """

    task: str
    n_fft: int = 512
    batch_size: int = 8
    n_samples: int = 16384
    channels: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4)
    taps: int = 1
    guess: bool = False
    spectral: float = 0.0
    snr_db: tuple[float, float] = (-5.0, 15.0)
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.995
    schedule_steps: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.task, "task", TASKS)
        check_choice(self.n_fft, "n_fft", [64, 128, 256, 512, 1024])
        check_sizes(self, batch_size=1024, n_samples=2**20, channels=1024, dilations=1024, taps=15)
        if self.n_samples % 256 or not self.dilations:
            raise ValueError(
                f"n_samples is {self.n_samples} and dilations {self.dilations}; expected a multiple of 256, "
                "and at least one block."
            )
        if self.guess and self.task == "denoise":
            raise ValueError("guess is True and task 'denoise'; expected 'declip' or 'fill', or guess=False.")
        for name in ("spectral", "weight_decay"):
            check_range(getattr(self, name), name, 0.0, 100.0)
        check_range(self.snr_db[0], "snr_db[0]", -40.0, 60.0)
        check_range(self.snr_db[1], "snr_db[1]", self.snr_db[0], 60.0)
        check_range(self.ema_decay, "ema_decay", 0.0, 1.0)
        check_range(self.schedule_steps, "schedule_steps", 0, 10**9, integer=True)
        check_positive(self.learning_rate, "learning_rate")

    @property
    def causal(self) -> bool:
        """Whether the network knows nothing of later frames."""
        return self.task == "denoise"

    @property
    def n_steps_alike(self) -> int:
        """All of them, where the learning rate does not depend on how many there are."""
        return self.n_steps if self.schedule_steps else 0

    @property
    def n_context(self) -> int:
        """How many frames to each side can matter."""
        reach = 6 * sum(self.dilations)
        return (reach if self.causal else reach // 2) + self.taps + 4


_DECLIP = RestorationRecipe(
    task="declip", n_steps=5000, schedule_steps=5000, n_fft=256, n_samples=8192,
    dilations=(1, 2, 4, 1, 2, 4), taps=5, guess=True,
)  # fmt: skip
#: What ships.
RECIPES = {
    "denoise": RestorationRecipe(task="denoise", n_steps=9000, schedule_steps=9000, taps=2),
    "declip": _DECLIP,
    "fill": replace(_DECLIP, task="fill", n_steps=2000, schedule_steps=2000, spectral=3.0),
}
TINY = RestorationRecipe(
    task="denoise",
    n_steps=4,
    n_fft=64,
    batch_size=2,
    n_samples=1024,
    channels=8,
    dilations=(1, 2),
    taps=2,
    ema_decay=0.9,
)
