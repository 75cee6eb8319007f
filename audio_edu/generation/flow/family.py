"""The flow as a family: what `audio_edu.training` and the command line ask of it."""

from collections.abc import Mapping
from typing import Any

from ...datasets import Corpus
from ...reproducible import set_seed
from ...training import Family
from .bench import bench
from .data import Batches
from .evaluate import evaluate
from .generate import Options, generate
from .model import Flow
from .recipe import RECIPES, TINY, FlowRecipe


class FlowFamily(Family):
    """Spoken digits, from noise and a mel spectrogram, all samples at once."""

    package, recipes, tiny, judge = "generation.flow", RECIPES, TINY, "cnn"
    stored_as = "float16"  # the bits a sample stay within 0.001
    evaluate = staticmethod(evaluate)
    Options, generate = Options, staticmethod(generate)
    bench = staticmethod(bench)

    def build(self, recipe: FlowRecipe, facts: Mapping[str, Any]) -> Flow:
        """Build a network with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return Flow(recipe, facts)

    def batches(self, model: Flow, recipe: FlowRecipe, train: Corpus) -> Batches:
        """Return the batches."""
        return Batches(recipe, train)


FAMILY = FlowFamily()
load_flow = FAMILY.load
