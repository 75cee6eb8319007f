"""What decides what comes out of a training: the two ways from text to frames.

``tacotron`` looks: attention decides which letter is being said, and a stop token when to end. ``durations``
counts: it predicts how long each letter lasts, and has no attention to lose. ``durations_phones`` goes on
from there, and learns to read phones, too.
"""

from dataclasses import dataclass

from ..._validate import check_choice, check_positive, check_range, checked
from ...training.recipe import MOST_STEPS, Recipe, check_sizes

KINDS = ("attention", "durations")


@checked
@dataclass(frozen=True, kw_only=True)
class TacotronRecipe(Recipe):
    """How a network that speaks is trained; what a kind does not use says nothing.

    Parameters
    ----------
    kind : {"attention", "durations"}
        Which network.
    speakers : tuple of str
        Whose clips are learned from: voices of these names, with any number behind. Empty: all.
    phones : float
        Share of the words that are read by their phones while training, where the lexicon has them.
    grid : float
        When the training is over, weights are rounded to multiples of the power of two that is nearest to
        this share of their standard deviation, so that the file is small; 0: they are not.
    start : str
        The checkpoint whose weights the training begins with, where it has the same; empty: none.
    reduction : int
        Frames that are written at once, the reduction factor.
    schedule_steps : int
        Steps over which the learning rate rises and falls; 0: `n_steps`. If it is more, the training ends
        before the rate has come down.
    batch_size : int
        Sentences in a batch.
    most_s : float
        Longer clips are left out (s).
    short_first : float
        For this share of `schedule_steps` the longest clip allowed grows from a quarter of `most_s` to all.
    n_embed, n_blocks : int
        Numbers that stand for a letter, and blocks of convolutions that read the text.
    n_units, n_attention, n_location : int
        ``attention``: units of each recurrent layer, channels in which states and letters are compared, and
        letters that the location features reach over, an odd number.
    n_frame_blocks : int
        ``durations``: blocks of convolutions between letters and frames.
    n_post : int
        Channels of the post-net.
    guide, guide_width : float
        ``attention``: the weight of the guided attention loss, and how far from the letter that is due it is
        free to look (letters).
    hide : float
        ``attention``: the share of steps that are not shown the frame before, while training.
    dropout : float
        Share of values set to zero in the text's encoder while training. Of the prenet it is one half.
    learning_rate, weight_decay, ema_decay : float
        See `audio_edu.training.adamw`.
    """

    kind: str
    speakers: tuple[str, ...] = ("allison", "awb", "kal", "rms", "slt")
    phones: float = 0.0
    grid: float = 0.0
    start: str = ""
    reduction: int = 2
    schedule_steps: int = 0
    batch_size: int = 16
    most_s: float = 4.0
    short_first: float = 0.25
    n_embed: int = 160
    n_blocks: int = 4
    n_units: int = 256
    n_attention: int = 64
    n_location: int = 15
    n_frame_blocks: int = 5
    n_post: int = 96
    guide: float = 2.0
    guide_width: float = 1.5
    hide: float = 0.5
    dropout: float = 0.1
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-2
    ema_decay: float = 0.998

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.kind, "kind", KINDS)
        check_sizes(self, reduction=64, batch_size=4096, n_embed=2048, n_blocks=64, n_units=4096)
        check_sizes(self, n_attention=2048, n_location=255, n_frame_blocks=64, n_post=2048)
        check_range(self.schedule_steps, "schedule_steps", 0, MOST_STEPS, integer=True)
        check_range(self.most_s, "most_s", 0.5, 60.0)
        for name in ("learning_rate", "guide_width"):
            check_positive(getattr(self, name), name)
        for name in ("weight_decay", "ema_decay", "dropout", "hide", "short_first", "phones", "grid"):
            check_range(getattr(self, name), name, 0.0, 1.0)
        check_range(self.guide, "guide", 0.0, 1000.0)
        if self.n_location % 2 == 0:
            raise ValueError(f"n_location is {self.n_location}; expected an odd number.")

    @property
    def n_steps_alike(self) -> int:
        """All steps, where the learning rate's curve is stretched over a number of its own; else none."""
        return self.n_steps if self.schedule_steps else 0


#: What ships, by the name of the checkpoint.
RECIPES = {
    "tacotron": TacotronRecipe(n_steps=2_600, kind="attention", start="durations"),
    "durations": TacotronRecipe(n_steps=6_000, kind="durations"),
    "durations_phones": TacotronRecipe(
        n_steps=2_500,
        kind="durations",
        start="durations",
        phones=0.5,
        grid=1 / 16,
        learning_rate=1e-3,
        short_first=0.1,
    ),
}

#: Small enough for a test.
TINY = TacotronRecipe(
    n_steps=6, kind="attention", speakers=(), batch_size=3, n_embed=8, n_blocks=1, n_units=8, n_attention=4,
       n_frame_blocks=1,
)  # fmt: skip
