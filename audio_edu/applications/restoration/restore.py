"""What a trained restorer is for: a spoilt sound in, a better one out, of any length."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._validate import check_audio, checked
from ...datasets.speech import LEVEL, level
from ...training import Trained, adamw, as_array
from .data import first_guess
from .model import RestorationNetwork
from .recipe import RestorationRecipe
from .train_step import restoration_step

#: Frames that are restored at once.
BLOCK = 1024


class Restorer(Trained):
    """A restorer.

    Parameters
    ----------
    recipe : RestorationRecipe
        How it is, or was, trained.
    facts : mapping
        ``sample_rate`` (Hz).

    Attributes
    ----------
    network : RestorationNetwork
        What it has learned.
    """

    curve_names = ("loss", "snr_db")

    def __init__(self, recipe: RestorationRecipe, facts: Mapping[str, Any]):
        self.network = RestorationNetwork(recipe)
        rates = {name: getattr(recipe, name) for name in ("learning_rate", "weight_decay", "ema_decay")}
        self.network.compile(adamw(recipe.schedule_steps or recipe.n_steps, clipnorm=1.0, **rates))
        super().__init__(recipe, facts, {"network": self.network})
        self._step: Any = None

    @checked
    def train_on_batch(self, *batch: np.ndarray) -> np.ndarray:
        """Learn from one batch; return the numbers that `curve_names` names."""
        if self._step is None:
            self._step = restoration_step(self.network, self.recipe, self.sample_rate)
        return np.array([as_array(number) for number in self._step(*batch)])

    def restore(self, x: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
        """Restore a sound, block by block; each block hears all that can matter to it, so there are no seams.

        Parameters
        ----------
        x : np.ndarray [shape=(n_samples,)]
            Sound at the restorer's sample rate, at any level.
        known : np.ndarray of bool [shape=(n_samples,)], optional
            True where a sample is to stay as it is. Default: nowhere, as a denoiser wants it.

        Returns
        -------
        np.ndarray [shape=(n_samples,)], float32
            The sound at its level.
        """
        x = check_audio(x, "x").astype(np.float32)
        known = np.zeros(len(x), bool) if known is None else np.asarray(known, bool)
        if known.shape != x.shape:
            raise ValueError(f"known has shape {known.shape}; expected that of x, {x.shape}.")
        if self.recipe.guess:
            x = first_guess(self.recipe.task, x, known)
        hop = self.recipe.n_fft // 4
        scale = np.float32(LEVEL / level(x[known] if self.recipe.task == "fill" and known.any() else x))
        n_frames, around = -(-len(x) // hop), self.recipe.n_context
        rows = np.pad(np.stack([x * scale, known]), ((0, 0), (0, n_frames * hop - len(x)))).astype(np.float32)
        found = []
        for begin in range(0, n_frames, BLOCK):
            low, high = max(0, begin - around), min(n_frames, begin + BLOCK + around)
            part = rows[:, None, low * hop : high * hop]
            y = as_array(self.network(*part))[0]
            found.append(y[(begin - low) * hop : (min(n_frames, begin + BLOCK) - low) * hop])
        return np.where(known, x, np.concatenate(found)[: len(x)] / scale).astype(np.float32)
