"""The family of the recurrent network."""

from __future__ import annotations

from pathlib import Path

import keras

from ...training import load_checkpoint
from ..family import RecognizerFamily
from ..recognize import Recognizer
from .model import build_rnn
from .recipe import RECIPES, TINY, RnnRecipe

__all__ = ["FAMILY", "load_rnn"]


class RnnFamily(RecognizerFamily):
    """Recognises spoken digits with a memory."""

    package, recipes, tiny = "recognition.rnn", RECIPES, TINY

    def build_network(self, recipe: RnnRecipe, n_classes: int) -> keras.Model:
        """Build the network from features to logits."""
        return build_rnn(
            recipe.cell,
            settings=recipe.settings,
            n_classes=n_classes,
            n_hidden=recipe.n_hidden,
            bidirectional=recipe.bidirectional,
            dropout=recipe.dropout,
        )


FAMILY = RnnFamily()


def load_rnn(name: str | Path = "rnn") -> Recognizer:
    """Load the checkpoint of a recurrent network: its name, or the path of an ``.npz``."""
    return load_checkpoint(FAMILY, name)
