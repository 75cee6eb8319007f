"""Text to speech as a family: what ``audio-edu train``, ``evaluate`` and ``generate`` have to know of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Corpus, load_speech
from ...reproducible import set_seed
from ...training import Family, Trained, as_array
from .data import batches, is_of
from .evaluate import evaluate
from .generate import MODELS, Options, generate
from .recipe import RECIPES, TINY, TacotronRecipe
from .text import SYMBOLS, WITH_PHONES


class TacotronFamily(Family):
    """Texts, read by many voices."""

    package, recipes, tiny, judge = "generation.tacotron", RECIPES, TINY, "ctc"
    stored_as = "float16"
    evaluate = staticmethod(evaluate)
    Options, generate = Options, staticmethod(generate)

    def corpus(self, recipe: TacotronRecipe, data: Path | None = None) -> Corpus:
        """Load all speech that ships."""
        if data is not None:
            raise ValueError(f"data is {data}; speech is learned from what ships, so leave it out.")
        return load_speech()

    def facts(self, recipe: TacotronRecipe, train: Corpus) -> dict[str, Any]:
        """The symbols, the voices, and the sample rate."""
        voices = sorted(voice for voice in set(train.voices.tolist()) if is_of(voice, recipe.speakers))
        return {"label_names": _symbols(recipe), "voices": voices, "sample_rate": train.sample_rate}

    def build(self, recipe: TacotronRecipe, facts: Mapping[str, Any]) -> Trained:
        """Build a model with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        return MODELS[recipe.kind](recipe, facts)

    def start(self, recipe: TacotronRecipe) -> Trained | None:
        """Build the model that a training begins with: it has the weights that another one has alike."""
        if not recipe.start:
            return None
        other = self.load(recipe.start)
        model = self.build(recipe, {**other.facts, "label_names": _symbols(recipe)})
        for name, weight in model.weights.items():
            known = other.weights.get(name)
            if known is not None and known.shape == weight.shape:
                weight.assign(known.value)
            elif known is not None and name.endswith("letters/embeddings"):  # phones come behind the letters
                weight.assign(np.concatenate([as_array(known), as_array(weight)[known.shape[0] :]]))
        return model

    def batches(self, model: Trained, recipe: TacotronRecipe, train: Corpus) -> Callable[[int], tuple]:
        """Return the function that makes the batch of any step."""
        return batches(recipe, train, model.facts["voices"])

    def finish(self, model: Trained, batches: Callable[[int], tuple]) -> None:
        """Round the weights, where the recipe says so: a file of few different numbers is small."""
        for weight in model.weights.values() if model.recipe.grid else ():
            w = np.asarray(as_array(weight))
            if w.ndim > 1 and w.std() > 0:
                step = 2.0 ** np.round(np.log2(w.std() * model.recipe.grid))
                weight.assign((np.round(w / step) * step).astype(w.dtype))


def _symbols(recipe: TacotronRecipe) -> list[str]:
    return list(WITH_PHONES if recipe.phones else SYMBOLS)


FAMILY = TacotronFamily()
load_tacotron = FAMILY.load
