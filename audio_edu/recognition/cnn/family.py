"""The family of the convolutional network."""

from __future__ import annotations

from pathlib import Path

import keras

from ...training import load_checkpoint
from ..family import RecognizerFamily
from ..recognize import Recognizer
from .model import build_cnn
from .recipe import RECIPES, TINY, CnnRecipe

__all__ = ["FAMILY", "load_cnn"]


class CnnFamily(RecognizerFamily):
    """Recognises spoken digits by small filters."""

    package, recipes, tiny = "recognition.cnn", RECIPES, TINY

    def build_network(self, recipe: CnnRecipe, n_classes: int) -> keras.Model:
        """Build the network from features to logits."""
        return build_cnn(
            recipe.kind,
            settings=recipe.settings,
            n_classes=n_classes,
            dropout=recipe.dropout,
            width=recipe.width,
        )


FAMILY = CnnFamily()


def load_cnn(name: str | Path = "cnn") -> Recognizer:
    """Load the checkpoint of a convolutional network: its name, or the path of an ``.npz``."""
    return load_checkpoint(FAMILY, name)
