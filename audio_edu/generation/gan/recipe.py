"""How a GAN is made: everything that decides what comes out of ``audio-edu train gan``."""

from dataclasses import dataclass

from ..._validate import check_choice, checked
from ...training.recipe import Recipe, check_sizes


@checked
@dataclass(frozen=True, kw_only=True)
class GanRecipe(Recipe):
    """A recipe of a GAN.

    Parameters
    ----------
    kind : {"spectrogram", "waveform"}
        What the networks make and judge.
    batch_size : int
        Real clips, and generated ones, in a step; a multiple of 8.
    n_z : int
        Numbers of noise.
    generator_channels, critic_channels : tuple of int
        See `build_generator`, `build_critic`.
    generator_rate, critic_rate : float
        Adam's learning rates. Its β1 is 0, its β2 0.9.
    classifier_weight : float
        The weight of the generator's second loss: the cross-entropy of the critic's second head.
    ema_decay : float
        The decay of the exponential moving average of the generator's weights, which counts in the end.
    shift_samples : int
        Real clips begin up to so many samples later.
    """

    kind: str = "spectrogram"
    batch_size: int = 32
    n_z: int = 64
    generator_channels: tuple[int, ...] = (128, 64, 32, 24)
    critic_channels: tuple[int, ...] = (24, 48, 64, 128)
    generator_rate: float = 4e-4
    critic_rate: float = 6e-4
    classifier_weight: float = 0.5
    ema_decay: float = 0.999
    shift_samples: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.kind, "kind", ("spectrogram", "waveform"))
        check_sizes(self, batch_size=4096, n_z=1024, generator_channels=512, critic_channels=512)
        if self.batch_size < 8 or self.batch_size % 8:
            raise ValueError(f"batch_size is {self.batch_size}; expected a multiple of 8.")

    @property
    def n_steps_alike(self) -> int:
        """All steps: no rate depends on the length of the training."""
        return self.n_steps


RECIPES = {
    "gan": GanRecipe(n_steps=6_600),
    "gan_waveform": GanRecipe(
        kind="waveform",
        n_steps=2_000,
        generator_channels=(128, 64, 32, 16, 16),
        critic_channels=(16, 32, 64, 96, 128),
    ),
}
TINY = GanRecipe(
    n_steps=4,
    batch_size=8,
    n_z=4,
    generator_channels=(4, 4, 4, 4),
    critic_channels=(4, 4, 4, 4),
    ema_decay=0.9,
)
