"""How the attention network is made."""

from dataclasses import dataclass

from ..._validate import checked
from ...training.recipe import check_sizes
from ..recipe import RecognizerRecipe


@checked
@dataclass(frozen=True, kw_only=True)
class AttentionRecipe(RecognizerRecipe):
    """A recipe of the attention network.

    Parameters
    ----------
    d : int
        The width of a frame inside; an even multiple of `n_heads`.
    n_heads, n_blocks : int
        Heads of each self-attention, and how many of them there are.
    use_positions : bool
        Tell frames where they stand.
    """

    d: int = 64
    n_heads: int = 4
    n_blocks: int = 2
    use_positions: bool = True
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, d=1024, n_heads=64, n_blocks=16)


#: 12 times through the 3,900 clips of ``load_digits().development``.
RECIPES = {"attention": AttentionRecipe(n_steps=12 * 60)}
TINY = AttentionRecipe(n_steps=6, batch_size=8, d=8, n_heads=2, n_blocks=1)
