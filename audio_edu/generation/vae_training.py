"""Training a VAE: ``audio-edu train vae [--resume]``.

Each training note is heard at seven pitches, up to three semitones lower and higher, played slower and faster
as a sampler does it: the sound font itself makes the pitches between its recordings so, and without them the
network would know eight pitches of a flute and nothing between. Pictures are computed once and kept as
coordinates along their principal directions; then a step costs a few milliseconds.

Chance is derived, never remembered: notes and noise of a step come from ``(seed, step)``. So training that
goes on after a kill ends with the very weights it would have had.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .._validate import check_choice, check_positive, check_range
from ..checkpoints import fingerprint, restore_state, save_state
from ..datasets import Corpus
from ..reproducible import SEED, set_seed
from .vae import Vae
from .vae_features import NoteSettings, note_power, to_bels
from .vae_instruments import Instruments
from .vae_networks import TrainedByElbo, build_decoder, build_encoder
from .vae_pca import Pca

__all__ = ["MAP_RECIPE", "RECIPE", "Heard", "VaeRecipe", "build_networks", "hear", "train", "train_on"]

#: So often the state is written, in seconds, and a point of the curve, in steps.
SAVE_EVERY_S, POINT_EVERY = 60.0, 100
#: So many pictures, drawn at random, are enough to find the directions.
MOST_FOR_PCA = 3000


@dataclass(frozen=True)
class VaeRecipe:
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    n_z : int
        Latent numbers.
    n_hidden : int
        Units in each of the two hidden layers of encoder and decoder.
    n_directions : int
        Principal directions that describe a picture.
    straight : bool
        Whether the networks begin as PCA.
    sigma_db : float
        The decoder's standard deviation σ_x: the error one should expect on an instrument never heard, in
        dB. It was chosen by holding presets out; learned on the training notes it would come out too small.
    beta : float
        Weight of the divergence.
    warm_up : float
        β rises from 0 to its value during this share of the steps.
    free_nats : float
        Divergence that each latent number may have for nothing.
    scaling : {"sum", "mean"}
        "mean" is a mistake on purpose; see `TrainedByElbo`.
    n_steps, batch_size : int
        How long, how many notes at once.
    learning_rate, weight_decay : float
        AdamW's. The rate rises during the first twentieth of the steps and falls along half a cosine.
    averaging : float
        The weights that count in the end are a running average, which keeps so much of itself at each step.
    semitones : float
        Notes are heard so far up and down.
    semitone_step : float
        In steps of this.
    seed : int
        Where all chance comes from.
    settings : NoteSettings
        How samples become pictures.
    """

    n_z: int = 16
    n_hidden: int = 512
    n_directions: int = 256
    straight: bool = True
    sigma_db: float = 4.5
    beta: float = 20.0
    warm_up: float = 0.1
    free_nats: float = 0.0
    scaling: str = "sum"
    n_steps: int = 4_000
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    averaging: float = 0.995
    semitones: float = 3.0
    semitone_step: float = 1.0
    seed: int = SEED
    settings: NoteSettings = field(default_factory=NoteSettings)

    def __post_init__(self) -> None:
        check_choice(self.scaling, "scaling", ("sum", "mean"))
        for name in ("n_z", "n_hidden", "n_directions", "n_steps", "batch_size"):
            check_positive(getattr(self, name), name, integer=True)
        for name in ("sigma_db", "learning_rate", "semitone_step"):
            check_positive(getattr(self, name), name)
        check_range(self.warm_up, "warm_up", 0.0, 1.0)
        for name in ("beta", "free_nats", "weight_decay", "semitones"):
            check_range(getattr(self, name), name, 0.0, 1e9)
        if self.n_z > self.n_directions:
            raise ValueError(f"n_z is {self.n_z}, more than the {self.n_directions} directions.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> VaeRecipe:
        """Make a recipe of what `dataclasses.asdict` and JSON made of one."""
        return cls(**{**values, "settings": NoteSettings(**values["settings"])})


#: What ships as ``vae``, and as ``vae_map``: two numbers, so that all of z fits on a page.
RECIPE = VaeRecipe()
MAP_RECIPE = VaeRecipe(n_z=2, n_hidden=256, n_directions=128, sigma_db=6.0)


def build_networks(recipe: VaeRecipe, pca: Pca) -> tuple[keras.Model, keras.Model]:
    """Build the recipe's encoder and decoder, with weights drawn from its seed."""
    set_seed(recipe.seed)
    return (
        build_encoder(pca, recipe.n_z, recipe.n_hidden, straight=recipe.straight),
        build_decoder(pca, recipe.n_z, recipe.n_hidden, straight=recipe.straight),
    )


@dataclass(frozen=True, eq=False)
class Heard:
    """Notes as training needs them.

    Attributes
    ----------
    pca : Pca
        The directions.
    coordinates : np.ndarray [shape=(n, n_directions)]
        Each note at each pitch.
    rest : np.ndarray [shape=(n,)]
        See `Pca.coordinates`.
    labels, pitches : np.ndarray [shape=(n,)]
        Its instrument, and its MIDI number (not whole where it is played higher or lower).
    """

    pca: Pca
    coordinates: np.ndarray
    rest: np.ndarray
    labels: np.ndarray
    pitches: np.ndarray


def hear(recipe: VaeRecipe, corpus: Corpus) -> Heard:
    """Hear each note at all the recipe's pitches, and find the directions in which the pictures differ."""
    n_up = int(recipe.semitones / recipe.semitone_step + 1e-9)
    steps = recipe.semitone_step * np.arange(-n_up, n_up + 1)
    settings, n, pitches = recipe.settings, len(corpus), np.asarray(corpus.info["pitch"], np.float64)

    power = (note_power(corpus.audio, pitches, settings, semitones=float(step)) for step in steps)
    pictures = [to_bels(each, settings) for each in power]
    chosen = np.random.default_rng((recipe.seed, 0)).permutation(n * len(steps))[:MOST_FOR_PCA]
    some = [each[np.sort(chosen[chosen // n == k] % n)] for k, each in enumerate(pictures)]
    pca = Pca.fit(np.concatenate(some), min(recipe.n_directions, len(chosen) - 1))
    parts = [pca.coordinates(each) for each in pictures]
    return Heard(
        pca,
        np.concatenate([c for c, _ in parts]).astype(np.float32),
        np.concatenate([rest for _, rest in parts]).astype(np.float32),
        np.tile(corpus.labels, len(steps)),
        (pitches + steps[:, np.newaxis]).ravel().astype(np.float32),
    )


def train(
    recipe: VaeRecipe,
    corpus: Corpus,
    *,
    state_path: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    n_steps_now: int | None = None,
) -> tuple[Vae, dict[str, Any]]:
    """Train a VAE on the notes of a corpus.

    Parameters
    ----------
    recipe : VaeRecipe
        What and how.
    corpus : Corpus
        What to learn from, with ``info["pitch"]``; take ``corpus.train``.
    state_path : str or Path, optional
        Where the state is written every minute (``.npz``). Default: nowhere.
    resume : bool
        Go on from the state at `state_path`, if there is one.
    progress : bool
        Show a progress bar.
    n_steps_now : int, optional
        Stop after so many steps, as if interrupted.

    Returns
    -------
    model : Vae
        With averaged weights, and with its instruments.
    report : dict
        ``losses`` (minus the β-ELBO for each value of a picture, in nats), ``wall_s`` in all (also before a
        resume), ``n_steps``.

    Raises
    ------
    ValueError
        If the state is of another recipe or corpus, or there are fewer notes than a batch.
    """
    start = time.perf_counter()
    if corpus.sample_rate != recipe.settings.sample_rate:
        raise ValueError(
            f"corpus is at {corpus.sample_rate} Hz; the recipe expects {recipe.settings.sample_rate} Hz."
        )
    heard = hear(recipe, corpus)
    prepared_s = time.perf_counter() - start
    model, report = train_on(
        heard,
        recipe,
        identity=fingerprint(recipe, corpus),
        state_path=state_path,
        resume=resume,
        progress=progress,
        n_steps_now=n_steps_now,
    )
    if set(corpus.labels.tolist()) == set(range(len(corpus.label_names))):
        mean = np.array(model.encoder([heard.coordinates, heard.pitches[:, np.newaxis]], training=False)[0])
        model.instruments = Instruments.fit(corpus.label_names, heard.labels, heard.pitches, mean)
    return model, {**report, "wall_s": round(report["wall_s"] + prepared_s, 1)}


def train_on(
    heard: Heard,
    recipe: VaeRecipe,
    *,
    identity: str = "",
    state_path: str | Path | None = None,
    resume: bool = False,
    progress: bool = False,
    n_steps_now: int | None = None,
) -> tuple[Vae, dict[str, Any]]:
    """Train on notes that have been heard already; parameters as in `train`.

    Returns
    -------
    model : Vae
        Without instruments.
    report : dict
        As `train`'s.
    """
    if len(heard.coordinates) < recipe.batch_size:
        raise ValueError(
            f"there are {len(heard.coordinates)} notes, fewer than one batch of {recipe.batch_size}."
        )
    encoder, decoder = build_networks(recipe, heard.pca)
    trained = TrainedByElbo(
        encoder,
        decoder,
        heard.pca.n_values,
        recipe.sigma_db / 10,
        free_nats=recipe.free_nats,
        scaling=recipe.scaling,
    )
    optimizer = _optimizer(recipe)
    trained.compile(optimizer, jit_compile=False)
    trained(_batch(recipe, heard, 0))
    optimizer.build(trained.trainable_variables)
    variables = {"e": encoder.variables, "d": decoder.variables, "o": optimizer.variables}
    step, wall_s, curve = 0, 0.0, []
    if resume and state_path and Path(state_path).is_file():
        numbers = restore_state(state_path, identity, variables)
        step, wall_s, curve = int(numbers["step"]), float(numbers["wall_s"]), numbers["curve"].tolist()
    last = min(recipe.n_steps, step + (n_steps_now or recipe.n_steps))

    def save() -> None:
        numbers = {"step": step, "wall_s": wall_s + time.perf_counter() - start, "curve": np.array(curve)}
        save_state(state_path, identity, variables, numbers)

    bar = _bar(recipe, step) if progress else None
    start = saved = time.perf_counter()
    while step < last:
        trained.beta.assign(recipe.beta * min(1.0, step / max(1.0, recipe.warm_up * recipe.n_steps)))
        loss = float(trained.train_on_batch(_batch(recipe, heard, step)))
        if step % POINT_EVERY == 0:
            curve.append(0.0)
        curve[-1] += (loss - curve[-1]) / (step % POINT_EVERY + 1)
        step += 1
        if bar:
            bar.update()
            bar.set_postfix(loss=f"{curve[-1]:.3f}", refresh=False)
        if state_path and time.perf_counter() - saved > SAVE_EVERY_S:
            save()
            saved = time.perf_counter()
    if bar:
        bar.close()
    if state_path:
        save()
    wall_s += time.perf_counter() - start
    optimizer.finalize_variable_values(trained.trainable_variables)
    thin = [float(np.mean(part)) for part in np.array_split(curve, min(len(curve), 200)) if len(part)]
    report = {"n_steps": step, "wall_s": round(wall_s, 1), "losses": [round(v, 4) for v in thin]}
    return Vae(recipe, heard.pca, encoder, decoder), report


def _optimizer(recipe: VaeRecipe) -> keras.optimizers.Optimizer:
    n_warm = max(1, recipe.n_steps // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        max(1, recipe.n_steps - n_warm),
        alpha=0.01,
        warmup_target=recipe.learning_rate,
        warmup_steps=n_warm,
    )
    return keras.optimizers.AdamW(
        schedule, weight_decay=recipe.weight_decay, use_ema=True, ema_momentum=recipe.averaging
    )


def _batch(recipe: VaeRecipe, heard: Heard, step: int) -> list[np.ndarray]:
    """Make the inputs of a step: coordinates, what is left, pitches, noise."""
    rng = np.random.default_rng((recipe.seed, step))
    rows = rng.integers(len(heard.coordinates), size=recipe.batch_size)
    epsilon = rng.standard_normal((recipe.batch_size, recipe.n_z), dtype=np.float32)
    return [heard.coordinates[rows], heard.rest[rows], heard.pitches[rows, np.newaxis], epsilon]


def _bar(recipe: VaeRecipe, step: int) -> Any:
    from tqdm import tqdm

    return tqdm(total=recipe.n_steps, initial=step, desc="train vae", unit="step", mininterval=1.0)
