"""The family of networks that write down speech."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...datasets import Corpus
from ...reproducible import set_seed
from ...training import Family, adamw, by_xla
from .bench import bench
from .data import batches, load_speech, strings_of_digits
from .evaluate import evaluate
from .formulas import SYMBOLS
from .model import build_ctc, ctc_loss
from .recipe import RECIPES, TINY, CTCRecipe
from .recognize import Recognizer


class CTCFamily(Family):
    """Writes down what is said, letter by letter."""

    package, recipes, tiny = "recognition.ctc", RECIPES, TINY
    stored_as = "float16"
    evaluate = staticmethod(evaluate)

    def corpus(self, recipe: CTCRecipe, data: Path | None = None) -> Corpus:
        """Load what is said by synthetic voices, or rows of digits glued from recordings of people."""
        return load_speech(prompts=recipe.prompts > 0) if data is None else strings_of_digits(data)

    def facts(self, recipe: CTCRecipe, train: Corpus) -> dict[str, Any]:
        """The symbols, and the sample rate."""
        return {"label_names": list(SYMBOLS), "sample_rate": train.sample_rate}

    def build(self, recipe: CTCRecipe, facts: Mapping[str, Any]) -> Recognizer:
        """Build a model with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        network = build_ctc(
            len(facts["label_names"]),
            n_mels=recipe.settings.n_mels,
            channels=recipe.channels,
            n_units=recipe.n_units,
            n_layers=recipe.n_layers,
            causal=recipe.causal,
            dropout=recipe.dropout,
        )
        optimizer = adamw(
            recipe.schedule_steps or recipe.n_steps,
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            ema_decay=recipe.ema_decay,
            clipnorm=5.0,
        )
        network.compile(optimizer, ctc_loss, jit_compile=by_xla(False))
        return Recognizer(recipe, facts, network)

    def start(self, recipe: CTCRecipe) -> Recognizer | None:
        """Load the model that the training begins with, if it is to begin with one."""
        return self.load(recipe.start) if recipe.start else None

    def batches(self, model: Recognizer, recipe: CTCRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Return the function that makes the batch of any step."""
        return batches(recipe, train)

    def bench(self) -> list[dict[str, Any]]:
        """Time the shipped model."""
        return bench(self.load())


FAMILY = CTCFamily()
load_ctc = FAMILY.load
