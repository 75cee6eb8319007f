"""How a network that writes down speech is made."""

from dataclasses import dataclass, field

from ..._validate import check_positive, check_range, checked
from ...training import Recipe
from ...training.recipe import MOST_STEPS, check_sizes
from ..augment import Augmentation
from .features import SpeechSettings

#: No stretching of time: what is stretched might run out of the window.
SPEECH = Augmentation(trim=0.3, shift_s=0.0, tempo=0.0, mixup=0.0)


@checked
@dataclass(frozen=True, kw_only=True)
class CTCRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    batch_size : int
        Recordings in a step.
    learning_rate : float
        The highest; it rises during the first twentieth of `schedule_steps` and falls along half a cosine.
    schedule_steps : int
        How many steps that curve is for; 0: for as many as there are. With more than there are, the training
        stops while the rate is still falling.
    weight_decay : float
        AdamW's.
    ema_decay : float
        The decay of the exponential moving average of the weights, which counts in the end.
    dropout : float
        The share of values that are set to zero while training.
    channels : tuple of int
        Channels of the two convolutions.
    n_units : int
        The size of the memory of each recurrent layer, in each direction.
    n_layers : int
        How many recurrent layers.
    start : str
        The checkpoint to begin with; empty: from drawn weights.
    prompts : float
        The share of recordings that come from the training prompts of a real person.
    augmentation : Augmentation
        How strongly what is heard is changed.
    settings : SpeechSettings
        How samples become frames.
    """

    batch_size: int = 48
    learning_rate: float = 2e-3
    schedule_steps: int = 0
    weight_decay: float = 1e-2
    ema_decay: float = 0.998
    dropout: float = 0.15
    channels: tuple[int, ...] = (32, 32)
    n_units: int = 128
    n_layers: int = 3
    start: str = ""
    prompts: float = 0.0
    augmentation: Augmentation = SPEECH
    settings: SpeechSettings = field(default_factory=SpeechSettings)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, batch_size=1024, channels=512, n_units=2048, n_layers=16)
        for name in ("learning_rate", "weight_decay"):
            check_positive(getattr(self, name), name)
        check_range(self.schedule_steps, "schedule_steps", 0, MOST_STEPS, integer=True)
        for name in ("ema_decay", "dropout", "prompts"):
            check_range(getattr(self, name), name, 0.0, 1.0)
        if self.schedule_steps and self.schedule_steps < self.n_steps:
            raise ValueError(
                f"schedule_steps is {self.schedule_steps}, n_steps {self.n_steps}; expected 0, or no fewer."
            )
        if len(self.channels) != 2:
            raise ValueError(
                f"channels has {len(self.channels)} entries; expected one for each of 2 convolutions."
            )

    @property
    def causal(self) -> bool:
        """Whether the network never sees the future, so that it can write while somebody speaks."""
        return self.settings.causal

    @property
    def n_steps_alike(self) -> int:
        """All of them, where the learning rate does not depend on how many there are."""
        return self.n_steps if self.schedule_steps else 0


RECIPES = {
    # stopped before its end, after ten minutes on a graphics card
    "ctc": CTCRecipe(n_steps=5903, schedule_steps=8000),
    # 220 units in one direction have as many weights as 128 in both
    "ctc_causal": CTCRecipe(
        n_steps=2819, schedule_steps=8000, n_units=220, settings=SpeechSettings(causal=True)
    ),
    "ctc_prompts": CTCRecipe(n_steps=2400, batch_size=32, learning_rate=1e-3, start="ctc", prompts=0.5),
}
TINY = CTCRecipe(n_steps=6, batch_size=2, channels=(2, 2), n_units=4, n_layers=1)
