"""How a network that tags sounds is made."""

from dataclasses import dataclass, field

from ..._validate import check_choice, check_positive, check_range, checked
from ...training import Recipe
from ...training.recipe import check_sizes
from .features import TagSettings

#: How the probabilities of the frames become one of the clip.
POOLINGS = ("attention", "mean", "max")


@checked
@dataclass(frozen=True, kw_only=True)
class TaggingRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    batch_size : int
        Scenes in a step.
    learning_rate : float
        The highest; it rises during the first twentieth of the steps and falls along half a cosine.
    weight_decay : float
        AdamW's.
    ema_decay : float
        The decay of the exponential moving average of the weights, which counts in the end.
    dropout : float
        The share of values that are set to zero while training.
    channels : tuple of int
        Channels of the convolutions, one after the other.
    pooling : {"attention", "mean", "max"}
        How the probabilities of the frames become one of the clip.
    colour_db : float
        How far each scene's spectrum is bent, up or down: another microphone, another room.
    masks : float
        The probability with which some bands, or some frames, of a scene are blotted out.
    varied : bool
        Whether sources are also changed on their way: see `audio_edu.datasets.scenes.Mixer`.
    settings : TagSettings
        How samples become frames.
    """

    batch_size: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.995
    dropout: float = 0.2
    channels: tuple[int, ...] = (16, 32, 64, 96, 128)
    pooling: str = "attention"
    colour_db: float = 8.0
    masks: float = 0.5
    varied: bool = True
    settings: TagSettings = field(default_factory=TagSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, batch_size=1024, channels=512)
        check_choice(self.pooling, "pooling", POOLINGS)
        for name in ("learning_rate", "weight_decay"):
            check_positive(getattr(self, name), name)
        check_range(self.colour_db, "colour_db", 0.0, 40.0)
        for name in ("ema_decay", "dropout", "masks"):
            check_range(getattr(self, name), name, 0.0, 1.0)


RECIPES = {
    "tagging": TaggingRecipe(n_steps=2400),
    # the former tagger's steps, and, as it ships, its sources: see data/checkpoints/README.md
    "tagging_mean": TaggingRecipe(n_steps=3000, pooling="mean"),
}
TINY = TaggingRecipe(n_steps=6, batch_size=2, channels=(2, 2, 4))
