"""The family of networks that tag sounds."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from ...datasets import Corpus, load_scene_sources
from ...reproducible import set_seed
from ...training import Family, adamw, by_xla
from .bench import bench
from .data import batches
from .evaluate import evaluate
from .model import build_tagger
from .recipe import RECIPES, TINY, TaggingRecipe
from .recognize import Tagger


class TaggingFamily(Family):
    """Says what sounds in a clip, and when."""

    package, recipes, tiny = "recognition.tagging", RECIPES, TINY
    stored_as = "float16"
    evaluate = staticmethod(evaluate)

    def corpus(self, recipe: TaggingRecipe, data: Path | None = None) -> Corpus:
        """Load the sources; the scenes are mixed on the way."""
        return load_scene_sources()

    def facts(self, recipe: TaggingRecipe, train: Corpus) -> dict[str, Any]:
        """The names of the tags, and the sample rate."""
        return {"label_names": list(train.targets.names), "sample_rate": train.sample_rate}

    def build(self, recipe: TaggingRecipe, facts: Mapping[str, Any]) -> Tagger:
        """Build a model with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        network = build_tagger(
            len(facts["label_names"]),
            n_mels=recipe.settings.n_mels,
            channels=recipe.channels,
            pooling=recipe.pooling,
            dropout=recipe.dropout,
        )
        optimizer = adamw(
            recipe.n_steps,
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            ema_decay=recipe.ema_decay,
            clipnorm=5.0,
        )
        network.compile(optimizer, keras.losses.BinaryCrossentropy(), jit_compile=by_xla(False))
        return Tagger(recipe, facts, network)

    def batches(self, model: Tagger, recipe: TaggingRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Return the function that makes the batch of any step."""
        return batches(recipe, train)

    def bench(self) -> list[dict[str, Any]]:
        """Time the shipped model."""
        return bench(self.load())


FAMILY = TaggingFamily()
load_tagging = FAMILY.load
