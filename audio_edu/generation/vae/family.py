"""The VAE as a family: what ``audio-edu train``, ``evaluate`` and ``generate`` have to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Corpus, load_notes
from ...reproducible import SEED, set_seed
from ...training import Family, adamw, option
from .data import Batches, prepare
from .evaluate import evaluate
from .generate import Vae, generate
from .instruments import Instruments
from .model import NegativeElbo
from .recipe import RECIPES, TINY, VaeRecipe


@dataclass(frozen=True)
class Options:
    """What can be asked of ``audio-edu generate vae``."""

    instrument: str | None = option(None, "for example flute; default: any")
    pitch: float | None = option(None, "as a MIDI number, 60 is the middle C; default: any")
    temperature: float = option(0.7, "below 1: more likely sounds; above: rarer ones")
    seed: int = option(SEED, "another seed, another sound")


class VaeFamily(Family):
    """Variational autoencoders of single notes."""

    package = "generation.vae"
    recipes = RECIPES
    tiny = TINY
    stored_as = "float16"  # the ELBO of a test note moves by 0.3 of 4,750 nats
    Options = Options
    evaluate = staticmethod(evaluate)
    #: What is minimised.
    criterion: type[NegativeElbo] = NegativeElbo

    def corpus(self, recipe: VaeRecipe, data: Path | None = None) -> Corpus:
        """Load the notes that ship."""
        if data is not None:
            raise ValueError(f"data is {data}; a VAE learns from the notes that ship alone, so leave it out.")
        return load_notes()

    def facts(self, recipe: VaeRecipe, train: Corpus) -> dict[str, Any]:
        """Return the sample rate, and the instruments of which there are notes."""
        names = [train.label_names[label] for label in np.unique(train.labels)]
        return {"label_names": names, "sample_rate": train.sample_rate}

    def build(self, recipe: VaeRecipe, facts: Mapping[str, Any]) -> Vae:
        """Build a VAE with weights drawn from the recipe's seed."""
        set_seed(recipe.seed)
        model = Vae(recipe, facts, self.criterion)
        rates = {name: getattr(recipe, name) for name in ("learning_rate", "weight_decay", "ema_decay")}
        model.criterion.compile(adamw(recipe.n_steps, **rates))
        return model

    def batches(self, model: Vae, recipe: VaeRecipe, train: Corpus) -> Batches:
        """Find the principal directions, and return the function that makes the batch of any step."""
        notes = prepare(
            train,
            recipe.settings,
            n_directions=recipe.n_directions,
            semitones=recipe.semitones,
            semitone_step=recipe.semitone_step,
            seed=recipe.seed,
        )
        model.pca = notes.pca
        return Batches(recipe, notes)

    def finish(self, model: Vae, batches: Batches) -> None:
        """Look where in the latent space the notes of each instrument have come to lie."""
        notes = batches.notes
        mean, _ = model.posterior(notes.coordinates, notes.pitches)
        model.instruments = Instruments.fit(model.label_names, notes.labels, notes.pitches, mean)

    def generate(self, model: Vae, options: Options) -> tuple[np.ndarray, int]:
        """Make one note."""
        return generate(model, **vars(options)), model.sample_rate


FAMILY = VaeFamily()
load_vae = FAMILY.load
