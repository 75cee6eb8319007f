"""Training a WaveNet: ``audio-edu train wavenet [--resume]``.

A step shows a few whole clips of about the same length, each followed by a moment of silence, and asks for
the probability of every sample given the samples before it. The loss is the mean of −ln P: the bits that a
sample costs, but for a factor ln 2. What counts in the end is a running average of the weights.

The learning rate rises, stays, and falls to zero over the last `n_decay` steps. Until it falls, nothing
depends on the number of steps, so a longer training is a shorter one continued.

Ten people are behind the voices it learns from. So clips can be *varied*: a little faster or slower,
brighter or darker, some of them upside down, which makes voices that nobody has.

In training every sample before the present one is right; in generating each is the network's own, and a
little off. So clips can be *noisy*: what the network hears of them is off by a code or two, what it has to
say is not, and it learns to come back.

Chance is derived, never remembered: the order of the clips comes from ``(seed, epoch)``, what is
hidden, varied and noisy from ``(seed, step)``. So training that goes on after a kill ends with the very
weights it would have had.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.signal import lfilter, resample

from .._validate import check_positive
from ..checkpoints import fingerprint, restore_state, save_state
from ..datasets import Corpus
from ..reproducible import SEED
from ..signal import mu_law_encode
from .wavenet import SILENCE, WaveNet, WaveNetConfig, advice, word_positions

__all__ = ["ADVISED_RECIPE", "RECIPE", "WaveNetRecipe", "build_wavenet", "train", "vary"]

#: So often the state is written, in seconds, and a point of the curve, in steps.
SAVE_EVERY_S, POINT_EVERY = 60.0, 100


@dataclass(frozen=True)
class WaveNetRecipe:
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    n_steps : int
        How long. Not part of a training's identity, as long as it has not begun to decay.
    n_warm, n_decay : int
        Steps over which the learning rate rises to `learning_rate`, and at the end falls to zero.
    learning_rate, weight_decay : float
        AdamW's.
    averaging : float
        The weights that count in the end are a running average, which keeps so much of itself at each step.
    row_lengths : tuple of int
        A clip and its silence go into the shortest of these rows that holds them; whole frames.
    samples_per_batch : int
        About so many samples are shown at once, silence included.
    n_silence : int
        Samples of silence after each clip that have to be predicted, too: how it learns to stop.
    unknown_voice, unknown_length : float
        The shares of clips whose voice and whose length are hidden.
    varied : float
        The share of clips that are varied, by `vary`, into a voice that nobody has; it counts as hidden.
    noisy, noise : float
        The share of clips whose past is heard with noise, and the noise's greatest standard deviation, in
        codes.
    seed : int
        Where all chance comes from.
    config : WaveNetConfig
        The network.
    """

    n_steps: int = 18500
    n_warm: int = 300
    n_decay: int = 8000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    averaging: float = 0.998
    row_lengths: tuple[int, ...] = (3360, 4000, 4800, 5920, 8000)
    samples_per_batch: int = 16384
    n_silence: int = 400
    unknown_voice: float = 0.15
    unknown_length: float = 0.1
    varied: float = 0.3
    noisy: float = 0.5
    noise: float = 2.0
    seed: int = SEED
    config: WaveNetConfig = field(default_factory=lambda: WaveNetConfig(n_condition=64))

    def __post_init__(self) -> None:
        for name in ("n_steps", "n_warm", "n_decay", "samples_per_batch"):
            check_positive(getattr(self, name), name, integer=True)
        if any(n % self.config.frame_length for n in self.row_lengths):
            raise ValueError(
                f"row_lengths is {self.row_lengths}; expected multiples of frame_length, "
                f"{self.config.frame_length}."
            )


#: The paper's network, which speaks.
RECIPE = WaveNetRecipe()
#: The same, advised by an adaptive filter: it knows strangers better, and does not speak.
ADVISED_RECIPE = WaveNetRecipe(
    n_steps=6500,
    n_decay=4000,
    unknown_voice=0.25,
    varied=0.5,
    noisy=0.0,
    config=WaveNetConfig(ar_order=16),
)


def build_wavenet(recipe: WaveNetRecipe, corpus: Corpus) -> WaveNet:
    """Build the recipe's network for the labels and voices of a corpus, with weights drawn from the seed."""
    # Not `set_seed`: with TensorFlow's deterministic operations asked for, Keras would not compile with XLA,
    # which is twice as fast; and what XLA makes of this network for the CPU is deterministic as it is.
    keras.utils.set_random_seed(recipe.seed)
    voices = sorted(set(corpus.voices.tolist()))
    model = WaveNet(recipe.config, corpus.label_names, voices, corpus.sample_rate)
    model.card = {"recipe": asdict(recipe)}
    for digit in range(len(corpus.label_names)):
        for number, voice in enumerate([None, *voices]):
            mine = (corpus.labels == digit) & ((corpus.voices == voice) | (voice is None))
            if mine.any():
                model.word_lengths[digit, number] = round(corpus.lengths[mine].mean())
    return model


def train(
    recipe: WaveNetRecipe,
    corpus: Corpus,
    *,
    state_path: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    n_steps_now: int | None = None,
    jit_compile: bool = True,
) -> tuple[WaveNet, dict[str, Any]]:
    """Train the recipe's network on all clips of a corpus.

    Parameters
    ----------
    recipe : WaveNetRecipe
        What and how.
    corpus : Corpus
        What to train on; take ``corpus.train`` to leave the test clips out.
    state_path : str or Path, optional
        Where the state is written every minute and at the end (``.npz``). Default: nowhere.
    resume : bool
        Go on from the state at `state_path`, if there is one.
    progress : bool
        Show a progress bar.
    n_steps_now : int, optional
        Stop after so many steps, as if interrupted.
    jit_compile : bool
        Compile the step with XLA, anew for each length of rows: twice as fast, after some seconds for each.

    Returns
    -------
    model : WaveNet
        With the averaged weights.
    report : dict
        ``losses``: bits a sample, the mean of every 100 steps; ``wall_s`` of training in all (also before a
        resume); ``n_steps``.

    Raises
    ------
    ValueError
        If the state is of another training, or a clip fits into no row.
    """
    clips = Rows(recipe, corpus)
    model = build_wavenet(recipe, corpus)
    optimizer = keras.optimizers.AdamW(
        WarmHoldDecay(recipe.learning_rate, recipe.n_warm, recipe.n_decay, recipe.n_steps),
        weight_decay=recipe.weight_decay,
        beta_2=0.99,
        global_clipnorm=1.0,
        use_ema=True,
        ema_momentum=recipe.averaging,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
    model.compile(optimizer, loss, jit_compile=jit_compile)
    optimizer.build(model.trainable_variables)

    identity = fingerprint(replace(recipe, n_steps=1), corpus)
    variables = {"w": model.variables, "o": optimizer.variables}
    step, losses, wall_s = 0, [], 0.0
    if resume and state_path and Path(state_path).is_file():
        numbers = restore_state(state_path, identity, variables)
        step, losses, wall_s = int(numbers["step"]), numbers["losses"].tolist(), float(numbers["wall_s"])
    last_step = min(recipe.n_steps, step + (n_steps_now or recipe.n_steps))
    bar = _bar(last_step, step) if progress else None
    saved = began = time.perf_counter()

    def save() -> None:
        if state_path:
            spent = wall_s + time.perf_counter() - began
            save_state(state_path, identity, variables, {"step": step, "losses": losses, "wall_s": spent})

    while step < last_step:
        x, target, weight = clips.batch(step)
        losses.append(float(model.train_on_batch(x, target, sample_weight=weight)) / np.log(2))
        step += 1
        if bar:
            bar.update()
            if step % 10 == 0:
                bar.set_postfix(bits=f"{np.mean(losses[-100:]):.3f}")
        if time.perf_counter() - saved > SAVE_EVERY_S:
            save()
            saved = time.perf_counter()
    save()
    if bar:
        bar.close()
    optimizer.finalize_variable_values(model.trainable_variables)
    parts = [losses[i : i + POINT_EVERY] for i in range(0, len(losses), POINT_EVERY)]
    return model, {
        "n_steps": step,
        "losses": [round(float(np.mean(part)), 4) for part in parts],
        "wall_s": round(wall_s + time.perf_counter() - began, 1),
    }


class Rows:
    """The clips of a corpus as rows of codes, and the batches of any step.

    Parameters
    ----------
    recipe : WaveNetRecipe
        Lengths, silence, seed.
    corpus : Corpus
        The clips.
    """

    def __init__(self, recipe: WaveNetRecipe, corpus: Corpus):
        self.recipe, self.labels = recipe, corpus.labels.astype(np.int32)
        numbers = {name: i + 1 for i, name in enumerate(sorted(set(corpus.voices.tolist())))}
        self.voices = np.array([numbers[name] for name in corpus.voices.tolist()], np.int32)
        self.audio = corpus.audio
        self.codes = [mu_law_encode(clip, recipe.config.n_levels) for clip in corpus.audio]
        lengths = corpus.lengths + recipe.n_silence
        if lengths.max() > max(recipe.row_lengths):
            raise ValueError(
                f"row_lengths goes up to {max(recipe.row_lengths)}; the longest clip with its silence has "
                f"{lengths.max()} samples."
            )
        rows = np.array(sorted(recipe.row_lengths))
        self.row_length = rows[np.searchsorted(rows, lengths)]
        self.n_batches = sum(len(np.flatnonzero(self.row_length == n)) // self.batch_size(n) for n in rows)
        if not self.n_batches:
            raise ValueError("corpus has too few clips for a single batch; lower samples_per_batch.")
        self._epoch, self._order = -1, []

    def batch_size(self, row_length: int) -> int:
        """Return how many rows of a length make a batch."""
        return max(1, round(self.recipe.samples_per_batch / row_length))

    def batch(self, step: int) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
        """Return what the network is shown in a step, what it has to say, and what counts."""
        epoch, number = divmod(step, self.n_batches)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        clips = self._order[number]
        recipe, config, row_length = self.recipe, self.recipe.config, self.row_length[clips[0]]
        rng = np.random.default_rng((recipe.seed, 1, step))
        chance = rng.random((3, len(clips)))
        is_varied = chance[2] < recipe.varied
        hidden = is_varied | (chance[0] < recipe.unknown_voice)
        voices = np.where(hidden, 0, self.voices[clips]).astype(np.int32)
        codes = np.full((len(clips), row_length), SILENCE, np.int32)
        weight = np.zeros(codes.shape, np.float32)
        positions = []
        for row, clip in enumerate(clips):
            mine = self.codes[clip]
            if is_varied[row]:
                x = vary(self.audio[clip], rng, longest=row_length - recipe.n_silence)
                mine = mu_law_encode(x, config.n_levels)
            codes[row, : len(mine)] = mine
            weight[row, : len(mine) + recipe.n_silence] = 1.0
            told = None if chance[1, row] < recipe.unknown_length else len(mine)
            positions.append(word_positions(row_length, told, config.frame_length, config.n_positions))
        # each noisy clip with noise of its own strength
        strength = recipe.noise * rng.random(len(clips)) * (rng.random(len(clips)) < recipe.noisy)
        noise = np.rint(strength[:, None] * rng.standard_normal(codes.shape)).astype(np.int32)
        heard = np.clip(codes + noise, 0, config.n_levels - 1)
        inputs = (heard, self.labels[clips], voices, np.stack(positions), *advice(heard, config))
        return inputs, codes, weight

    def _shuffled(self, epoch: int) -> list[np.ndarray]:
        """Return the batches of an epoch: clips of one row length each, in random order."""
        rng = np.random.default_rng((self.recipe.seed, 0, epoch))
        batches = []
        for length in sorted(set(self.row_length.tolist())):
            clips = rng.permutation(np.flatnonzero(self.row_length == length))
            size = self.batch_size(length)
            batches += [clips[i : i + size] for i in range(0, len(clips) - size + 1, size)]
        return [batches[i] for i in rng.permutation(len(batches))]


def vary(x: np.ndarray, rng: np.random.Generator, *, longest: int) -> np.ndarray:
    """Make of a clip one of a voice that nobody has.

    Resampling by up to a seventh moves its pitch and its formants together, as if the speaker were smaller or
    larger. A filter of two taps makes it brighter or darker. Half of the clips change their sign: no ear
    would notice, but a network that predicts samples does. The peak stays.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A clip.
    rng : np.random.Generator
        The chance.
    longest : int
        The result has at most so many samples.

    Returns
    -------
    np.ndarray [shape=(n,)], float32
    """
    factor, tilt, sign = rng.uniform(-0.14, 0.1), rng.uniform(-0.4, 0.4), rng.choice([-1.0, 1.0])
    y = resample(x, min(longest, round(len(x) * float(np.exp(factor)))))
    # y[n] + a y[n − 1]
    y = lfilter([1.0, tilt], [1.0], y)
    return (sign * y * np.max(np.abs(x)) / np.max(np.abs(y))).astype(np.float32)


@keras.saving.register_keras_serializable("audio_edu")
class WarmHoldDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises to `rate`, stays there, and falls to zero, each along a straight line."""

    def __init__(self, rate: float, n_warm: int, n_decay: int, n_steps: int):
        self.rate, self.n_warm, self.n_decay, self.n_steps = rate, n_warm, n_decay, n_steps

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step."""
        step = ops.cast(step, "float32")
        rising, falling = (step + 1) / self.n_warm, (self.n_steps - step) / self.n_decay
        return self.rate * ops.maximum(0.0, ops.minimum(1.0, ops.minimum(rising, falling)))

    def get_config(self) -> dict:
        """Return what it was made with."""
        return dict(vars(self))


def _bar(total: int, initial: int) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, initial=initial, desc="train wavenet", unit="step", mininterval=2.0)
