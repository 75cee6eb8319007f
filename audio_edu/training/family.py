"""What a family is: a package that says how its networks are built, fed, judged and used.

A family has the same files as any other (``recipe``, ``formulas``, ``model``, ``data``, ``generate`` or
``recognize``, ``evaluate``) and one class in ``family.py`` that follows the protocol `Family`. With that and
a line in `audio_edu.families`, ``audio-edu train``, ``evaluate``, ``generate`` and ``bench`` work for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from ..datasets import Corpus, load_digits, load_fsdd
from .checkpoints import load_checkpoint
from .recipe import Recipe

#: What ``train_on_batch`` is called with.
Batch = tuple[Any, ...]


class Trained:
    """The networks of a family, with the recipe, the facts and the card that belong to them.

    Parameters
    ----------
    recipe : Recipe
        How it is, or was, trained.
    facts : mapping
        What of the corpus has to be known to build it, as JSON can hold it: names of classes, sample rate...
    networks : mapping of str to keras.Model
        By name. A network that is trained is compiled with its optimizer.
    arrays : mapping of str to np.ndarray, optional
        What else is learned from the corpus and belongs into the checkpoint: means, spreads, tables. Later
        values have the shapes and types of these.

    Attributes
    ----------
    card : dict
        What is known of the training: command, wall time, curve, metrics.
    """

    #: What `train_on_batch` returns, in order.
    curve_names: tuple[str, ...] = ("loss",)

    def __init__(
        self,
        recipe: Any,
        facts: Mapping[str, Any],
        networks: Mapping[str, keras.Model],
        arrays: Mapping[str, np.ndarray] | None = None,
    ):
        self.recipe, self.facts, self.networks = recipe, dict(facts), dict(networks)
        self.arrays, self.card = dict(arrays or {}), {}

    @property
    def sample_rate(self) -> int:
        """Samples a second (Hz)."""
        return int(self.facts["sample_rate"])

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(self.facts["label_names"])

    @property
    def n_parameters(self) -> int:
        """How many numbers gradients have changed, in the first of the networks."""
        return int(sum(np.prod(w.shape) for w in next(iter(self.networks.values())).trainable_weights))

    @property
    def optimizers(self) -> list[tuple[keras.optimizers.Optimizer, keras.Model]]:
        """Each optimizer with the network whose weights it changes."""
        networks = [network for network in self.networks.values() if getattr(network, "optimizer", None)]
        return [(network.optimizer, network) for network in networks]

    @property
    def weights(self) -> dict[str, keras.Variable]:
        """All that is learned by gradients or counted on the way, by network and path."""
        pairs = [(f"{name}/{w.path}", w) for name, network in self.networks.items() for w in network.weights]
        found = dict(pairs)
        if len(found) < len(pairs):
            raise RuntimeError(f"two weights of {type(self).__name__} have one path; give layers names.")
        return found

    @property
    def state(self) -> list[keras.Variable]:
        """All that a step of training changes: weights, seeds, and what the optimizers keep."""
        networks = [v for network in self.networks.values() for v in network.variables]
        return networks + [v for optimizer, _ in self.optimizers for v in optimizer.variables]

    def train_on_batch(self, *batch: Any) -> Any:
        """Learn from one batch; return the numbers that `curve_names` names."""
        (network,) = self.networks.values()
        return network.train_on_batch(*batch)


def option(default: Any, text: str) -> Any:
    """Return a field of a family's ``Options``: its default, and what ``--help`` says of it."""
    return field(default=default, metadata={"help": text})


class Family(Protocol):
    """What a family's class has.

    Optional: ``Options``, a frozen dataclass of what can be asked for, each field with a help text in its
    metadata, and ``generate(model, options)``, which returns samples and their rate; ``bench()``, which
    returns rows for `audio_edu.bench`; ``finish(model, batches)`` after the last step.
    """

    #: The dotted name of its package below ``audio_edu``: ``"generation.gan"``.
    package: str
    #: By the name of the checkpoint.
    recipes: Mapping[str, Recipe]
    #: How its weights are kept on disk: "float32", or "float16" where the scores survive it.
    stored_as: str = "float32"
    #: The recogniser that `evaluate` wants, by the name of its checkpoint; None where it needs none.
    judge: str | None = None
    #: By suffix, ``generate`` for files that hold no samples: ``write(model, options, path)``.
    writes: Mapping[str, Callable[[Any, Any, Path], None]] = {}
    #: A recipe so small that a test trains it in seconds.
    tiny: Recipe

    def corpus(self, recipe: Any, data: Path | None = None) -> Corpus:
        """Load what the recipe learns from: digits, or recordings named ``{digit}_{speaker}_{take}.wav``."""
        return load_digits() if data is None else load_fsdd(data)

    def facts(self, recipe: Any, train: Corpus) -> dict[str, Any]:
        """Say what of a corpus has to be known to build a model: as a rule classes and sample rate."""
        return {"label_names": list(train.label_names), "sample_rate": train.sample_rate}

    def build(self, recipe: Any, facts: Mapping[str, Any]) -> Any:
        """Build a `Trained` with weights drawn from the recipe's seed."""

    def start(self, recipe: Any) -> Any:
        """Load the model whose weights a training begins with; None: weights drawn from the seed."""
        return None

    def batches(self, model: Any, recipe: Any, train: Corpus) -> Callable[[int], Batch]:
        """Fit what is fitted before training; return a pure function from the step to its batch."""

    def load(self, name: str | Path | None = None) -> Any:
        """Build the model of a checkpoint: a shipped one's name, or the path of an ``.npz``.

        The default is the first of `recipes`. Errors are those of `audio_edu.training.load_checkpoint`.
        """
        return load_checkpoint(self, next(iter(self.recipes)) if name is None else name)

    def evaluate(
        self, model: Any, corpus: Corpus, *, split: str = "test", judge: Any = None
    ) -> dict[str, Any]:
        """Judge a model beside trivial and classical baselines."""
