"""What the three families of recognisers have in common: all but the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from ..datasets import Corpus, load_digits, load_fsdd
from ..reproducible import set_seed
from ..training import Family, adamw
from .bench import bench
from .data import batches
from .evaluate import evaluate
from .recipe import RecognizerRecipe
from .recognize import Recognizer

__all__ = ["RecognizerFamily"]


class RecognizerFamily(Family):
    """Recognisers of spoken digits; a family adds `package`, `recipes`, `tiny` and `build_network`."""

    def build_network(self, recipe: Any, n_classes: int) -> keras.Model:
        """Build the network from features to logits."""
        raise NotImplementedError

    def corpus(self, recipe: RecognizerRecipe, data: Path | None = None) -> Corpus:
        """Load the digits that ship, or recordings named ``{digit}_{speaker}_{take}.wav``."""
        return load_digits() if data is None else load_fsdd(data)

    def facts(self, recipe: RecognizerRecipe, train: Corpus) -> dict[str, Any]:
        """Return the classes and the sample rate."""
        return {"label_names": list(train.label_names), "sample_rate": train.sample_rate}

    def build(self, recipe: RecognizerRecipe, facts: Mapping[str, Any]) -> Recognizer:
        """Build a recogniser with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        network = self.build_network(recipe, len(facts["label_names"]))
        optimizer = adamw(
            recipe.n_steps,
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            ema_decay=recipe.ema_decay,
            clipnorm=5.0,
        )
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
        network.compile(optimizer, loss, jit_compile=False)
        return Recognizer(recipe, facts, network)

    def batches(self, model: Recognizer, recipe: RecognizerRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Return the function that makes the batch of any step."""
        return batches(recipe, train)

    def evaluate(
        self, model: Recognizer, corpus: Corpus, *, split: str = "test", judge: Any = None
    ) -> dict[str, Any]:
        """Judge a recogniser; it needs no other judge."""
        return evaluate(model, corpus, split=split)

    def bench(self, model: Recognizer) -> list[dict[str, Any]]:
        """Measure how long one clip takes."""
        return bench(model)
