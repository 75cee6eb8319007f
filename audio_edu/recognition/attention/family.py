"""The family of the attention network."""

from __future__ import annotations

from pathlib import Path

import keras

from ...training import load_checkpoint
from ..family import RecognizerFamily
from ..recognize import Recognizer
from .model import build_attention
from .recipe import RECIPES, TINY, AttentionRecipe

__all__ = ["FAMILY", "load_attention"]


class AttentionFamily(RecognizerFamily):
    """Recognises spoken digits by looking at all frames at once."""

    package, recipes, tiny = "recognition.attention", RECIPES, TINY

    def build_network(self, recipe: AttentionRecipe, n_classes: int) -> keras.Model:
        """Build the network from features to logits."""
        return build_attention(
            settings=recipe.settings,
            n_classes=n_classes,
            d=recipe.d,
            n_heads=recipe.n_heads,
            n_blocks=recipe.n_blocks,
            dropout=recipe.dropout,
            use_positions=recipe.use_positions,
        )


FAMILY = AttentionFamily()


def load_attention(name: str | Path = "attention") -> Recognizer:
    """Load the checkpoint of an attention network: its name, or the path of an ``.npz``."""
    return load_checkpoint(FAMILY, name)
