"""How a vocoder is made: everything that decides what comes out of ``audio-edu train vocoder``.

``vocoder_spectral`` learns from the distance of spectra alone. ``vocoder`` goes on from it with a critic, and
``vocoder_longer`` goes on from it for as many steps without one: what the critic adds is the difference.
"""

from dataclasses import dataclass

from ..._validate import check_positive, check_range, checked
from ...training import Recipe
from ...training.recipe import MOST_STEPS, check_sizes
from ..mel import N_MELS

#: A segment must have whole hops, and whole hops of the longest frame that is compared.
N_UNIT = 1280


@checked
@dataclass(frozen=True, kw_only=True)
class VocoderRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    schedule_steps : int
        Steps over which the learning rate rises and falls; 0: `n_steps`.
    start : str
        The checkpoint whose network the training begins with; empty: random weights.
    batch_size, n_samples : int
        Segments in a step, and samples of each: a multiple of 1,280.
    n_mels : int
        Bands of the mel spectrogram.
    channels, n_blocks : int
        Channels of the blocks, and how many there are.
    learning_rate : float
        Adam's.
    weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    critic_weight : float
        Of what the critic says, beside the distance of spectra. 0: there is no critic.
    feature_weight : float
        Of the distance of what the critic's layers see, in that.
    critic_rate : float
        Adam's learning rate, for the critic.
    periods, critic_channels : tuple of int
        See `Critic`.
    """

    schedule_steps: int = 0
    start: str = ""
    batch_size: int = 8
    n_samples: int = 5_120
    n_mels: int = N_MELS
    channels: int = 160
    n_blocks: int = 6
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.998
    critic_weight: float = 0.0
    feature_weight: float = 2.0
    critic_rate: float = 4e-4
    periods: tuple[int, ...] = (2, 3, 5, 7)
    critic_channels: tuple[int, ...] = (16, 32, 64)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, batch_size=1024, n_samples=1 << 20, n_mels=128, channels=1024, n_blocks=64)
        check_sizes(self, periods=64, critic_channels=1024)
        check_range(self.schedule_steps, "schedule_steps", 0, MOST_STEPS, integer=True)
        if self.n_samples % N_UNIT:
            raise ValueError(f"n_samples is {self.n_samples}; expected a multiple of {N_UNIT}.")
        check_range(self.ema_decay, "ema_decay", 0.0, 1.0)
        for name in ("weight_decay", "critic_weight", "feature_weight"):
            check_range(getattr(self, name), name, 0.0, 100.0)
        for name in ("learning_rate", "critic_rate"):
            check_positive(getattr(self, name), name)

    @property
    def n_steps_alike(self) -> int:
        """All steps, where the learning rate's curve is stretched over a number of its own; else none."""
        return self.n_steps if self.schedule_steps else 0


#: Longer segments, fewer of them: less of a segment lies near its edges, where frames lack their context.
_AFTER = {
    "n_steps": 900,
    "schedule_steps": 900,
    "start": "vocoder_spectral",
    "learning_rate": 5e-4,
    "n_samples": 10_240,
    "batch_size": 4,
}
#: What ships, by the name of the checkpoint.
RECIPES = {
    "vocoder": VocoderRecipe(critic_weight=0.05, **_AFTER),
    "vocoder_longer": VocoderRecipe(**_AFTER),
    "vocoder_spectral": VocoderRecipe(n_steps=14_100, schedule_steps=16_000),
}
#: Small enough for a test.
TINY = VocoderRecipe(
    n_steps=4,
    batch_size=2,
    n_samples=1280,
    channels=8,
    n_blocks=1,
    ema_decay=0.9,
    critic_weight=0.1,
    periods=(2, 3),
    critic_channels=(4, 4),
)
