"""How the convolutional network is made."""

from dataclasses import dataclass

from ..._validate import checked
from ...training.recipe import check_sizes
from ..recipe import RecognizerRecipe


@checked
@dataclass(frozen=True, kw_only=True)
class CnnRecipe(RecognizerRecipe):
    """A recipe of the convolutional network.

    Parameters
    ----------
    kind : {"small", "document"}
        See `audio_edu.recognition.cnn.build_cnn`.
    width : int
        Channels of the last convolutions.
    """

    kind: str = "small"
    width: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, width=1024)


#: 24 times through the 3,900 clips of ``load_digits().development``.
RECIPES = {"cnn": CnnRecipe(n_steps=24 * 60)}
TINY = CnnRecipe(n_steps=6, batch_size=8, width=8)
