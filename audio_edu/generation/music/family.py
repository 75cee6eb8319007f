"""Music as a family: what ``audio-edu train``, ``evaluate`` and ``generate`` have to know of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...datasets import Corpus, load_chorales
from ...reproducible import set_seed
from ...training import Family, Trained
from .data import batches, load_rolls, vocabulary
from .evaluate import evaluate
from .models import MODELS
from .recipe import RECIPES, TINY, MusicRecipe


class MusicFamily(Family):
    """Melodies and chorales, as notes."""

    package, recipes, tiny = "generation.music", RECIPES, TINY
    stored_as = "float16"
    evaluate = staticmethod(evaluate)

    def corpus(self, recipe: MusicRecipe, data: Path | None = None) -> Corpus:
        """Load the chorales, or the piano rolls of the published task (``JSB_Chorales.mat``)."""
        return load_chorales() if data is None else load_rolls(data)

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
        return batches(recipe, train, getattr(model, "words", ()))


FAMILY = MusicFamily()
load_music = FAMILY.load
