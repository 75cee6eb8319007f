"""What the three families of recognisers have in common: all but the network."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import keras

from ..datasets import Corpus
from ..reproducible import set_seed
from ..training import Family, adamw, by_xla
from .bench import bench
from .data import batches
from .evaluate import evaluate
from .recipe import RecognizerRecipe
from .recognize import Recognizer


class RecognizerFamily(Family):
    """Recognisers of spoken digits; a family adds `package`, `recipes`, `tiny` and its `builder`."""

    #: Called with the number of classes and the recipe's own fields; returns the network.
    builder: Callable[..., keras.Model]
    evaluate = staticmethod(evaluate)

    def build(self, recipe: RecognizerRecipe, facts: Mapping[str, Any]) -> Recognizer:
        """Build a recogniser with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        of_training = {each.name for each in fields(RecognizerRecipe)} - {"settings", "dropout"}
        own = {each.name for each in fields(recipe)} - of_training
        size = {name: getattr(recipe, name) for name in own}
        network = self.builder(n_classes=len(facts["label_names"]), **size)
        optimizer = adamw(
            recipe.n_steps,
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            ema_decay=recipe.ema_decay,
            clipnorm=5.0,
        )
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
        network.compile(optimizer, loss, jit_compile=by_xla(False))
        return Recognizer(recipe, facts, network)

    def batches(self, model: Recognizer, recipe: RecognizerRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Return the function that makes the batch of any step."""
        return batches(recipe, train)

    def bench(self) -> list[dict[str, Any]]:
        """Time one clip of the shipped model."""
        return bench(self.load())
