"""The models of music: networks with what they know of the corpus, how they learn, and how they write."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ...reproducible import SEED
from ...training import Trained, adamw, as_array, by_xla, compiled
from ..gan.train_step import adversarial_step
from .data import HOLD, from_roll, parts_of, to_symbols
from .formulas import temper
from .model import MelodyNetwork, TwoBarsVae, VoicesNetwork
from .recipe import MusicRecipe
from .tracks import build_critic, build_generator


class _Alone(Trained):
    """One network that adds its own loss."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any], network: Any, example: tuple):
        network(example)
        names = ("learning_rate", "weight_decay", "ema_decay")
        rates = {name: getattr(recipe, name) for name in names}
        network.compile(adamw(recipe.n_steps, clipnorm=1.0, **rates), jit_compile=by_xla(False))
        super().__init__(recipe, facts, {"network": network})
        self.network = network

    def train_on_batch(self, *batch: Any) -> Any:
        """Learn from one batch; return the loss."""
        return self.network.train_on_batch(batch)

    def _step(self) -> Any:
        return compiled(self.network.step)


class Melody(_Alone):
    """Melodies, event after event."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        self.words = [tuple(word) for word in facts["words"]]
        row = np.zeros((1, 2), np.int32)
        network = MelodyNetwork(recipe, parts_of(self.words))
        super().__init__(recipe, facts, network, (row, row, np.ones((1, 2), np.float32)))

    def nats(self, words: np.ndarray) -> np.ndarray:
        """Return −log p of each word but the first [shape=(n − 1,)], in nats."""
        row = words[None].astype(np.int32)
        logits = as_array(self.network((row[:, :-1], row[:, 1:], np.ones(row[:, 1:].shape, np.float32))))[0]
        p = temper(logits.astype(np.float64))
        return -np.log(p[np.arange(len(p)), words[1:]])


class Voices(_Alone):
    """Four voices, one after the other."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        n = len(facts["label_names"])
        example = np.zeros((1, 2, n), np.int32), np.zeros((1, 2, 3), np.float32), np.ones((1, 2), np.float32)
        super().__init__(recipe, facts, VoicesNetwork(recipe, n), example)

    def nats(self, codes: np.ndarray, context: np.ndarray) -> np.ndarray:
        """Return −log p of each frame [shape=(T,)] of one piece, in nats."""
        row = codes[None].astype(np.int32), context[None].astype(np.float32)
        return as_array(self.network((*row, np.ones(codes.shape[:1], np.float32)[None])))[0]


class MusicVae(_Alone):
    """Two bars of a soprano and z."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        row = np.zeros((1, recipe.length), np.int32)
        example = row, np.zeros((1, recipe.n_z), np.float32), np.ones(row.shape, np.float32)
        example += (np.ones((1, 1), np.float32),)
        super().__init__(recipe, facts, TwoBarsVae(recipe), example)

    def encode(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``μ`` and ``log σ²`` of two bars each [shape=(B, n_z)]."""
        mean, log_variance = self.network.encode(codes.astype(np.int32))
        return as_array(mean), as_array(log_variance)

    def nats(self, codes: np.ndarray) -> tuple[float, float]:
        """Return −log p(x | z = μ) and the divergence, in nats for two bars: means over all."""
        mean, log_variance = self.encode(codes)
        epsilon = np.zeros(mean.shape, np.float32)
        seen, beta = np.ones(codes.shape, np.float32), np.ones((len(codes), 1), np.float32)
        logits = as_array(self.network((codes.astype(np.int32), epsilon, seen, beta)))
        p = np.take_along_axis(temper(logits.astype(np.float64)), to_symbols(codes)[..., None], axis=-1)
        divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
        return float(-np.log(p).sum(axis=(1, 2)).mean()), float(divergence.sum(axis=1).mean())

    def decode(self, z: np.ndarray, *, temperature: float = 0.0, seed: int = SEED) -> np.ndarray:
        """Write two bars for each z [shape=(B, n_z)], each symbol after the ones just written.

        Returns codes [shape=(B, T)]. A temperature of 0 takes the likeliest symbol.
        """
        z, rng, step = z.astype(np.float32), np.random.default_rng(seed), self._step()
        codes = np.zeros((len(z), self.recipe.length + 1), np.int32)
        state = as_array(self.network.start(z))
        for t in range(self.recipe.length):
            logits, state = step(codes[:, t], np.full((len(z), 1), float(t > 0), np.float32), z, state)
            codes[:, t + 1] = next_codes(codes[:, t], draw(as_array(logits), temperature, rng))
        return codes[:, 1:]


class MusicGan(Trained):
    """Four bars of four voices, against a critic."""

    curve_names = ("critic_loss", "generator_loss", "accuracy_real", "accuracy_fake")

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        self.generator, self.critic = build_generator(recipe), build_critic(recipe)
        average = {"use_ema": True, "ema_momentum": recipe.ema_decay}
        for network, options in ((self.generator, average), (self.critic, {})):
            rate = recipe.learning_rate
            network.compile(keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9, **options))
        super().__init__(recipe, facts, {"generator": self.generator, "critic": self.critic})
        self._train_step: Any = None

    def train_on_batch(self, *batch: Any) -> np.ndarray:
        """Play one step of the game; return the numbers that `curve_names` names."""
        if self._train_step is None:
            self._train_step = adversarial_step(self.generator, self.critic, 0.0)
        return np.array([as_array(number) for number in self._train_step(*batch)])

    def generate(self, n: int, *, is_minor: np.ndarray | None = None, seed: int = SEED) -> np.ndarray:
        """Make four bars n times; returns codes [shape=(n, T, 4)] in C."""
        z = np.random.default_rng(seed).standard_normal((n, self.recipe.n_z), dtype=np.float32)
        minor = np.zeros(n, np.int32) if is_minor is None else is_minor.astype(np.int32)
        parts = [self.generator([z[i : i + 64], minor[i : i + 64]]) for i in range(0, n, 64)]
        return from_roll(np.concatenate([as_array(part) for part in parts]))


def draw(logits: np.ndarray, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a symbol from each row of logits [shape=(B, n)]; temperature 0: the likeliest."""
    if temperature == 0:
        return logits.argmax(axis=-1)
    p = np.cumsum(temper(logits.astype(np.float64), temperature), axis=-1)
    return np.minimum((rng.random((len(p), 1)) > p).sum(axis=-1), p.shape[-1] - 1)


def next_codes(before: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """Return the codes that symbols mean after the codes before them: to hold is to keep the key."""
    held = np.where(before > 1, before // 2 * 2 + 1, 0)
    return np.where(symbols == HOLD, held, 2 * (symbols - 1)).astype(np.int32)


MODELS = {"melody": Melody, "voices": Voices, "vae": MusicVae, "gan": MusicGan}
