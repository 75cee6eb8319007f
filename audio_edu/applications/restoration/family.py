"""The family of restorers: ``audio-edu train|evaluate denoise|declip|fill``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...datasets import Corpus
from ...reproducible import set_seed
from ...training import Family
from .data import Batches, load_pairs
from .evaluate import evaluate
from .recipe import RECIPES, TINY, RestorationRecipe
from .restore import Restorer


class RestorationFamily(Family):
    """Takes out noise, and puts back what was clipped or lost."""

    package, recipes, tiny = "applications.restoration", RECIPES, TINY
    stored_as = "float16"
    evaluate = staticmethod(evaluate)

    def corpus(self, recipe: RestorationRecipe, data: Path | None = None) -> Corpus:
        """Load all speech at 8 kHz that ships, and the noises."""
        if data is not None:
            raise ValueError(
                f"data is {data}; a restorer learns from the sounds that ship alone, so leave it out."
            )
        return load_pairs()

    def facts(self, recipe: RestorationRecipe, train: Corpus) -> dict[str, Any]:
        """The sample rate."""
        return {"sample_rate": train.sample_rate}

    def build(self, recipe: RestorationRecipe, facts: Mapping[str, Any]) -> Restorer:
        """Build a restorer with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return Restorer(recipe, facts)

    def batches(self, model: Restorer, recipe: RestorationRecipe, train: Corpus) -> Batches:
        """Return the function that makes the batch of any step."""
        return Batches(recipe, train)


FAMILY = RestorationFamily()
load_restorer = FAMILY.load
