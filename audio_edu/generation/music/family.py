"""Music as a family: what ``audio-edu train``, ``evaluate`` and ``generate`` have to know of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...datasets import Corpus, load_chorales
from ...reproducible import set_seed
from ...training import Family, Trained
from .data import batches, pieces, vocabulary
from .evaluate import evaluate
from .generate import MODELS, Options, generate, generate_midi
from .recipe import RECIPES, TINY, MusicRecipe
from .tracks import FourBars


class MusicFamily(Family):
    """Melodies and chorales, as notes."""

    package, recipes, tiny = "generation.music", RECIPES, TINY
    stored_as = "float16"
    evaluate = staticmethod(evaluate)
    Options, generate = Options, staticmethod(generate)
    writes: ClassVar = {".mid": generate_midi}

    def corpus(self, recipe: MusicRecipe, data: Path | None = None) -> Corpus:
        """Load the chorales that ship."""
        if data is not None:
            raise ValueError(
                f"data is {data}; music is learned from the chorales that ship, so leave it out."
            )
        return load_chorales()

    def facts(self, recipe: MusicRecipe, train: Corpus) -> dict[str, Any]:
        """The names of the voices, and a melody's vocabulary."""
        facts = {"label_names": list(train.targets.names), "sample_rate": train.sample_rate}
        return facts | ({"words": vocabulary(train)} if recipe.kind == "melody" else {})

    def build(self, recipe: MusicRecipe, facts: Mapping[str, Any]) -> Trained:
        """Build a model with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return MODELS[recipe.kind](recipe, facts)

    def batches(self, model: Trained, recipe: MusicRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Return the function that makes the batch of any step."""
        if recipe.kind == "gan":
            return FourBars(recipe, pieces(train, recipe.steps_per_quarter))
        return batches(recipe, train, getattr(model, "words", ()))


FAMILY = MusicFamily()
load_music = FAMILY.load
