"""What decides what comes out of a training: one recipe for each of the models of music.

``melody`` is a GRU over the notes of a soprano. ``harmony`` is given a soprano and writes the other three
voices. ``music_vae`` makes two bars of a soprano from a few numbers. ``music_gan`` makes four bars of all
voices at once, against a critic; ``music_gan_alone`` against one that sees each piece alone.
"""

from dataclasses import dataclass
from typing import Any

from ..._validate import check_choice, check_range, checked
from ...training.recipe import Recipe, check_sizes

KINDS = ("melody", "vae", "voices", "gan")


@checked
@dataclass(frozen=True, kw_only=True)
class MusicRecipe(Recipe):
    """How a model of music is trained; what a kind does not use says nothing.

    Parameters
    ----------
    kind : {"melody", "vae", "voices", "gan"}
        Which network.
    batch_size, length : int
        Rows in a batch, and events or steps of the grid in a row.
    steps_per_quarter : int
        Of the grid: 2 are quavers. Notes that begin between two steps begin late, or are lost.
    n_embed, n_units : int
        Numbers that stand for a note, and units of each recurrent layer.
    n_context : int
        ``voices``: units, in each direction, of the layer that reads what is given: the soprano, bar lines
        and fermatas. ``gan``: channels of the critic.
    n_z : int
        ``vae``: latent numbers. ``gan``: numbers in each row of noise.
    group : int
        ``gan``: how many pieces the critic compares with each other; 1: it sees each alone. `batch_size` is a
        multiple of it.
    beta : float
        ``vae``: the weight of the divergence, reached after three tenths of the steps.
    word_dropout : float
        ``vae``: the share of notes before the present one that the decoder is not shown.
    dropout : float
        The share of values set to zero between layers while training.
    learning_rate, weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    """

    kind: str
    batch_size: int = 32
    length: int = 96
    steps_per_quarter: int = 2
    n_embed: int = 32
    n_units: int = 256
    n_context: int = 64
    n_z: int = 24
    group: int = 8
    beta: float = 0.2
    word_dropout: float = 0.5
    dropout: float = 0.3
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    ema_decay: float = 0.998

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.kind, "kind", KINDS)
        check_sizes(self, batch_size=4096, length=4096, steps_per_quarter=16, n_embed=512, n_units=2048)
        check_sizes(self, n_z=512, n_context=1024, group=4096)
        if self.kind == "gan" and self.batch_size % self.group:
            raise ValueError(f"batch_size is {self.batch_size}; expected a multiple of group, {self.group}.")
        for name in ("word_dropout", "dropout", "ema_decay", "learning_rate", "weight_decay"):
            check_range(getattr(self, name), name, 0.0, 1.0)
        check_range(self.beta, "beta", 0.0, 1e6)

    @property
    def n_steps_alike(self) -> int:
        """All steps of a GAN, whose rate is the same from the first to the last; none of the others'."""
        return self.n_steps if self.kind == "gan" else 0


_GAN: dict[str, Any] = {"n_z": 16, "n_embed": 64, "n_units": 128, "n_context": 96, "learning_rate": 5e-4}
#: What ships, by the name of the checkpoint.
RECIPES = {
    "melody": MusicRecipe(
        kind="melody", n_steps=1_500, length=64, n_units=96, dropout=0.5, weight_decay=0.1, ema_decay=0.99
    ),
    "music_vae": MusicRecipe(
        kind="vae", n_steps=6_000, batch_size=128, length=16, n_z=32, beta=0.1, word_dropout=0.8, dropout=0.1
    ),
    "harmony": MusicRecipe(kind="voices", n_steps=2_000, dropout=0.5),
    "music_gan": MusicRecipe(kind="gan", n_steps=5_800, **_GAN),
    "music_gan_alone": MusicRecipe(kind="gan", n_steps=5_800, group=1, **_GAN),
}

#: Small enough for a test; with ``kind`` changed, for every kind.
TINY = MusicRecipe(
    kind="voices", n_steps=12, batch_size=8, length=16, n_embed=4, n_units=8, n_context=4, n_z=4
)
