"""The family of generative adversarial networks: ``audio-edu train|evaluate|generate gan``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Corpus, load_digits, load_fsdd
from ...reproducible import set_seed
from ...training import Family, load_checkpoint
from .data import batches
from .evaluate import evaluate
from .generate import Options, generate
from .model import Gan
from .recipe import RECIPES, TINY, GanRecipe

__all__ = ["FAMILY", "GanFamily", "load_gan"]


class GanFamily(Family):
    """Speaks digits: a generator that learned against a critic."""

    package, recipes, tiny, judge, Options = "generation.gan", RECIPES, TINY, "cnn", Options

    def corpus(self, recipe: GanRecipe, data: Path | None = None) -> Corpus:
        """Load the digits that ship, or recordings named ``{digit}_{speaker}_{take}.wav``."""
        return load_digits() if data is None else load_fsdd(data)

    def facts(self, recipe: GanRecipe, train: Corpus) -> dict[str, Any]:
        """Return the classes and the sample rate."""
        return {"label_names": list(train.label_names), "sample_rate": train.sample_rate}

    def build(self, recipe: GanRecipe, facts: Mapping[str, Any]) -> Gan:
        """Build both networks with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return Gan(recipe, facts)

    def batches(self, model: Gan, recipe: GanRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Fit the transform; return the function that makes the batch of any step."""
        return batches(model, train)

    def evaluate(
        self, model: Gan, corpus: Corpus, *, split: str = "test", judge: Any = None
    ) -> dict[str, Any]:
        """Judge a generator by what a recogniser says of its words."""
        return evaluate(model, corpus, split=split, judge=judge)

    def generate(self, model: Gan, options: Options) -> tuple[np.ndarray, int]:
        """Say digits one after another."""
        return generate(model, options)


FAMILY = GanFamily()


def load_gan(name: str | Path = "gan") -> Gan:
    """Load a shipped GAN, ``gan`` or ``gan_waveform``, or one from the path of an ``.npz``."""
    return load_checkpoint(FAMILY, name)
