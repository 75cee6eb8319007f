"""The family of generative adversarial networks: ``audio-edu train|evaluate|generate gan``."""

from collections.abc import Callable, Mapping
from typing import Any

from ...datasets import Corpus
from ...reproducible import set_seed
from ...training import Family
from .data import batches
from .evaluate import evaluate
from .generate import Options, generate
from .model import Gan
from .recipe import RECIPES, TINY, GanRecipe


class GanFamily(Family):
    """Speaks digits: a generator that learned against a critic."""

    package, recipes, tiny, judge = "generation.gan", RECIPES, TINY, "cnn"
    evaluate = staticmethod(evaluate)
    Options, generate = Options, staticmethod(generate)

    def build(self, recipe: GanRecipe, facts: Mapping[str, Any]) -> Gan:
        """Build both networks with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return Gan(recipe, facts)

    def batches(self, model: Gan, recipe: GanRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Fit the transform; return the function that makes the batch of any step."""
        return batches(model, train)


FAMILY = GanFamily()
load_gan = FAMILY.load
