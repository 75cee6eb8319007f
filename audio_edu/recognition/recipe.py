"""What every recogniser of single words is trained by; each family adds the size of its network."""

from dataclasses import dataclass, field

from .._validate import check_positive, check_range, checked
from ..training.recipe import Recipe, check_sizes
from .augment import Augmentation
from .features import FeatureSettings


@checked
@dataclass(frozen=True, kw_only=True)
class RecognizerRecipe(Recipe):
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    batch_size : int
        Clips in a step.
    learning_rate : float
        The highest; it rises during the first twentieth of the steps and falls along half a cosine.
    weight_decay : float
        AdamW's.
    label_smoothing : float
        The share of the target's probability that is spread over all classes.
    ema_decay : float
        The decay of the exponential moving average of the weights, which counts in the end.
    dropout : float
        The share of values that are set to zero while training.
    settings : FeatureSettings
        How samples become frames.
    augmentation : Augmentation
        How clips are changed.
    """

    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1
    ema_decay: float = 0.995
    dropout: float = 0.2
    settings: FeatureSettings = field(default_factory=FeatureSettings)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, batch_size=4096)
        check_sizes(self.settings, n_samples=1 << 17, n_fft=4096, hop_length=1 << 17, n_mels=1024)
        check_positive(self.learning_rate, "learning_rate")
        for name in ("label_smoothing", "ema_decay", "dropout"):
            check_range(getattr(self, name), name, 0.0, 1.0)
