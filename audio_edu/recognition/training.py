"""Training that can be interrupted: ``audio-edu train NAME [--resume]``.

After every epoch the whole state goes to disk: weights, the optimizer's averages, the number of the epoch,
the losses so far (see `audio_edu.checkpoints`). And chance is derived, never remembered: the batch `step`
of epoch `epoch` comes from ``(seed, epoch, step)``, the dropout of an epoch from ``(seed, epoch)``. So
training that goes on after a kill ends with the very weights it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .._validate import check_choice
from ..checkpoints import fingerprint, restore_state, save_state
from ..datasets import Corpus
from ..reproducible import SEED, set_seed
from .attention import build_attention
from .augment import Augmentation, augmented_features
from .cnn import build_cnn
from .features import FeatureSettings
from .rnn import build_rnn

__all__ = ["BUILDERS", "RECIPES", "Recipe", "build_network", "train"]

BUILDERS = {"cnn": build_cnn, "rnn": build_rnn, "attention": build_attention}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    network : {"cnn", "rnn", "attention"}
        What to build.
    build : dict
        Arguments of the builder.
    n_epochs, batch_size : int
        How long, how many clips at once.
    learning_rate : float
        The highest; it rises during the first twentieth of the steps and falls along half a cosine.
    weight_decay : float
        AdamW's.
    label_smoothing : float
        So much of the target's probability is spread over all classes.
    averaging : float
        The weights that count in the end are a running average, which keeps so much of itself at each step.
    seed : int
        Where all chance comes from.
    settings : FeatureSettings
        How samples become frames.
    augmentation : Augmentation
        How they are changed.
    """

    network: str
    build: dict[str, Any] = field(default_factory=dict)
    n_epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1
    averaging: float = 0.995
    seed: int = SEED
    settings: FeatureSettings = field(default_factory=FeatureSettings)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        check_choice(self.network, "network", BUILDERS)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Make a recipe of what `dataclasses.asdict` and JSON made of one."""
        values = dict(values)
        values["settings"] = FeatureSettings(**values["settings"])
        augmentation = dict(values["augmentation"])
        augmentation["snr_db"] = tuple(augmentation["snr_db"])
        values["augmentation"] = Augmentation(**augmentation)
        return cls(**values)


#: What ships, by name.
RECIPES: dict[str, Recipe] = {
    "cnn": Recipe("cnn", n_epochs=24),
    "rnn": Recipe("rnn", build={"n_hidden": 48}, n_epochs=12),
    "attention": Recipe("attention", n_epochs=12),
}


def build_network(recipe: Recipe, n_classes: int = 10) -> keras.Model:
    """Build the recipe's network, with weights drawn from its seed."""
    set_seed(recipe.seed)
    return BUILDERS[recipe.network](settings=recipe.settings, n_classes=n_classes, **recipe.build)


def train(
    recipe: Recipe,
    corpus: Corpus,
    *,
    start: keras.Model | None = None,
    state_path: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    n_epochs_now: int | None = None,
) -> tuple[keras.Model, dict[str, Any]]:
    """Train the recipe's network on all clips of a corpus.

    Parameters
    ----------
    recipe : Recipe
        What and how.
    corpus : Corpus
        What to train on; take ``corpus.train`` to leave the test clips out.
    start : keras.Model, optional
        A network of the same recipe whose weights to begin with. Default: weights drawn from the seed.
    state_path : str or Path, optional
        Where the state is written after every epoch (``.npz``). Default: nowhere.
    resume : bool
        Go on from the state at `state_path`, if there is one.
    progress : bool
        Show a progress bar.
    n_epochs_now : int, optional
        Stop after so many epochs, as if interrupted.

    Returns
    -------
    network : keras.Model
        With the averaged weights.
    report : dict
        ``losses`` of each epoch, ``wall_s`` of training in all (also before a resume), ``n_epochs``.

    Raises
    ------
    ValueError
        If the state is of another recipe or corpus, or the corpus has fewer clips than a batch.
    """
    if len(corpus) < recipe.batch_size:
        raise ValueError(f"corpus has {len(corpus)} clips, fewer than one batch of {recipe.batch_size}.")
    network = build_network(recipe, len(corpus.label_names))
    if start is not None:
        network.set_weights(start.get_weights())
    n_steps = len(corpus) // recipe.batch_size
    optimizer = _optimizer(recipe, n_steps * recipe.n_epochs)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    network.compile(optimizer, loss, jit_compile=False)
    optimizer.build(network.trainable_variables)

    identity = fingerprint(recipe, corpus)
    variables = {"w": network.variables, "o": optimizer.variables}
    first_epoch, losses, wall_s = 0, [], 0.0
    if resume and state_path and Path(state_path).is_file():
        state = restore_state(state_path, identity, variables)
        first_epoch, losses, wall_s = int(state["epoch"]), state["losses"].tolist(), float(state["wall_s"])
    last_epoch = min(recipe.n_epochs, first_epoch + (n_epochs_now or recipe.n_epochs))
    bar = _bar(recipe, last_epoch * n_steps, first_epoch * n_steps) if progress else None
    for epoch in range(first_epoch, last_epoch):
        start = time.perf_counter()
        _seed_dropout(network, recipe.seed, epoch)
        total = 0.0
        for x, y in _batches(recipe, corpus, epoch):
            total += float(network.train_on_batch(x, y))
            if bar:
                bar.update()
        losses.append(total / n_steps)
        wall_s += time.perf_counter() - start
        if bar:
            bar.set_postfix(epoch=f"{epoch + 1}/{recipe.n_epochs}", loss=f"{losses[-1]:.3f}")
        if state_path:
            numbers = {"epoch": epoch + 1, "losses": losses, "wall_s": wall_s}
            save_state(state_path, identity, variables, numbers)
    if bar:
        bar.close()
    optimizer.finalize_variable_values(network.trainable_variables)
    return network, {
        "n_epochs": last_epoch,
        "losses": [round(v, 4) for v in losses],
        "wall_s": round(wall_s, 1),
    }


def _optimizer(recipe: Recipe, n_steps: int) -> keras.optimizers.Optimizer:
    n_warm, n_steps = max(1, n_steps // 20), max(2, n_steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        n_steps - n_warm,
        alpha=0.01,
        warmup_target=recipe.learning_rate,
        warmup_steps=n_warm,
    )
    return keras.optimizers.AdamW(
        schedule, weight_decay=recipe.weight_decay, use_ema=True, ema_momentum=recipe.averaging, clipnorm=5.0
    )


def _batches(recipe: Recipe, corpus: Corpus, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Make the batches of an epoch, each while the one before is being learned from."""
    order = np.random.default_rng((recipe.seed, epoch)).permutation(len(corpus))
    n_steps, size = len(corpus) // recipe.batch_size, recipe.batch_size
    targets = np.eye(len(corpus.label_names), dtype=np.float32)

    def make(step: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((recipe.seed, epoch, step))
        rows = order[step * size : (step + 1) * size]
        x = augmented_features(
            [corpus.audio[i] for i in rows], rng, settings=recipe.settings, augmentation=recipe.augmentation
        )
        return mix_up(x, targets[corpus.labels[rows]], recipe.augmentation.mixup, rng)

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(make, 0)
        for step in range(n_steps):
            batch = following.result()
            if step + 1 < n_steps:
                following = pool.submit(make, step + 1)
            yield batch


def mix_up(
    x: np.ndarray, y: np.ndarray, probability: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each clip of a batch with another one, and their labels in the same proportion, now and then.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features with their mask; the blend's mask holds both words.
    y : np.ndarray [shape=(n_clips, n_classes)]
        Probabilities of the classes.
    probability : float
        Of blending this batch at all.
    rng : np.random.Generator
        Decides who is blended with whom.

    References
    ----------
    Zhang and others (2018), mixup: beyond empirical risk minimization.
    """
    if not probability or rng.random() >= probability:
        return x, y
    partner = rng.permutation(len(x))
    share = rng.beta(0.4, 0.4, (len(x), 1)).astype(np.float32)
    mixed = share[..., None] * x + (1 - share[..., None]) * x[partner]
    mixed[..., -1] = np.maximum(x[..., -1], x[partner][..., -1])
    return mixed, share * y + (1 - share) * y[partner]


def _seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Set every random layer's generator from (seed, epoch) alone."""
    for number, layer in enumerate(network._flatten_layers()):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            state = np.random.SeedSequence((seed, epoch, number)).generate_state(2)
            generator.state.assign(state.astype(generator.state.dtype))


def _bar(recipe: Recipe, total: int, initial: int) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, initial=initial, desc=f"train {recipe.network}", unit="batch", mininterval=1.0)
