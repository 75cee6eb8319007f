"""What families of one network share, if it adds its own loss."""

from collections.abc import Mapping
from typing import Any

import keras

from .backends import by_xla, compiled
from .family import Trained
from .optimizers import adamw


class TrainedAlone(Trained):
    """One network that adds its own loss, trained by `adamw`.

    Parameters
    ----------
    recipe : Recipe
        With ``learning_rate``, ``weight_decay``, ``ema_decay``; with ``schedule_steps``, if the rate is to
        fall more slowly than the training lasts.
    facts : mapping
        See `Trained`.
    network : keras.Model
        Not built yet.
    example : tuple
        What it is called with, to build it.
    """

    def __init__(self, recipe: Any, facts: Mapping[str, Any], network: keras.Model, example: tuple):
        network(example)
        rates = {name: getattr(recipe, name) for name in ("learning_rate", "weight_decay", "ema_decay")}
        n_steps = getattr(recipe, "schedule_steps", 0) or recipe.n_steps
        network.compile(adamw(n_steps, clipnorm=1.0, **rates), jit_compile=by_xla(False))
        super().__init__(recipe, facts, {"network": network})
        self.network: Any = network
        self._compiled: dict[str, Any] = {}

    def train_on_batch(self, *batch: Any) -> Any:
        """Learn from one batch; return the loss."""
        return self.network.train_on_batch(batch)

    def _fast(self, name: str, function: Any) -> Any:
        """Compile a function once, and return it by its name from then on."""
        if name not in self._compiled:
            self._compiled[name] = compiled(function)
        return self._compiled[name]
