"""How the recurrent network is made."""

from dataclasses import dataclass

from ..._validate import checked
from ...training.recipe import check_sizes
from ..recipe import RecognizerRecipe


@checked
@dataclass(frozen=True, kw_only=True)
class RnnRecipe(RecognizerRecipe):
    """A recipe of the recurrent network.

    Parameters
    ----------
    cell : {"SimpleRNN", "LSTM", "GRU"}
        The kind of memory.
    n_hidden : int
        The size of the memory.
    bidirectional : bool
        Read from right to left too.
    """

    cell: str = "GRU"
    n_hidden: int = 48
    bidirectional: bool = True
    dropout: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, n_hidden=1024)


#: 12 times through the 3,900 clips of ``load_digits().development``.
RECIPES = {"rnn": RnnRecipe(n_steps=12 * 60)}
TINY = RnnRecipe(n_steps=6, batch_size=8, n_hidden=4)
