"""Chorales as piano rolls, nats a frame: ``python -m audio_edu.generation.music.published --data FILE``.

FILE is ``JSB_Chorales.mat``, the split of 2012 on which models of music have been compared since: 229, 76 and
77 chorales, a frame a quarter, 88 keys that are down or not. It does not ship, and neither do the networks.

References
----------
Boulanger-Lewandowski and others (2012), Modeling temporal dependencies in high-dimensional sequences
(RNN-NADE).
Bai and others (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
modeling (TCN).
"""

import argparse
import itertools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scipy.io
from keras import layers, ops

from ...metrics import speaker_interval
from ...reproducible import SEED, set_seed
from ...training import checkpoint_dir, write_table
from .model import cross_entropy

Rolls = Sequence[np.ndarray]
REACH = 24  # half tones from a note that its logits reach


def load_rolls(path: Path) -> dict[str, list[np.ndarray]]:
    """Read ``train``, ``valid`` and ``test``: rolls [shape=(n_frames, 88)] of 0 and 1."""
    found = scipy.io.loadmat(path)
    return {
        part: [x.astype("float32") for x in found[f"{part}data"][0]] for part in ("train", "valid", "test")
    }


def notes_of(rolls: Any, most: int) -> Any:
    """Return the keys of each frame [shape=(..., most + 1)], highest first, then ``n_keys``: no more."""
    n_keys = rolls.shape[-1]
    keys = ops.where(rolls > 0, ops.arange(n_keys, dtype="int32"), -1)
    keys = ops.flip(ops.sort(keys, axis=-1), axis=-1)[..., : most + 1]
    few = max(0, most + 1 - n_keys)
    keys = ops.pad(keys, [(0, 0)] * (len(keys.shape) - 1) + [(0, few)], constant_values=-1)
    return ops.where(keys < 0, n_keys, keys)


class RollNetwork(keras.Model):
    """Nats of each frame after those before it: keys apart, or note after note.

    Called with rolls [shape=(B, T + 1, n_keys)], which have −1 where a piece has ended; returns the nats of
    the frames 1 to T [shape=(B, T)], 0 where there is none.

    *Apart*: ``P(x_t | past) = Π_k P(x_{t,k} | past)``. A key is down if one of `most` voices takes it, each
    voice a softmax: ``1 − P = Π_v (1 − p_v)``. *Note after note*: from the highest down, each a softmax of
    the keys below the last one and of "no more". Each set of keys is one row of such choices, so that the
    probabilities of all frames add up to 1 (of up to ``most + 1`` notes; the file has at most four).
    """

    def __init__(
        self, n_keys: int = 88, n_units: int = 128, *, in_turn: bool, most: int = 4, dropout: float = 0.3
    ):
        super().__init__()
        self.n_keys, self.in_turn, self.most = n_keys, in_turn, most
        self.drop = layers.Dropout(dropout, name="drop")
        self.voices = layers.Embedding((most + 1) * (n_keys + 1), n_units, name="voices")
        self.past = layers.GRU(n_units, return_sequences=True, name="past")
        self.state = layers.Dense(2 * n_units, activation=None if in_turn else "gelu", name="state")
        self.mix = layers.Dense(n_units, activation="gelu", name="mix")
        self.answer = layers.Dense((n_keys + 1) * (1 if in_turn else most), name="answer")
        if in_turn:
            self.known = layers.Dense(2 * n_units, use_bias=False, name="known")
            self.last = layers.Embedding((most + 1) * (n_keys + 1), 2 * n_units, name="last")
            self.motion = layers.Dense(2 * REACH + 1, name="motion")
            self.interval = layers.Dense(2 * REACH + 1, name="interval")
        else:
            self.motion = layers.Dense((2 * REACH + 1) * most, name="motion")

    def shifted(self, x: Any, note: Any) -> Any:
        """Move logits of ``−REACH … REACH`` half tones [shape=(..., 2 REACH + 1)] to keys around a note."""
        at = ops.arange(self.n_keys) - note[..., None] + REACH
        inside = (at >= 0) & (at <= 2 * REACH) & (note[..., None] < self.n_keys)
        return ops.where(inside, ops.take_along_axis(x, ops.clip(at, 0, 2 * REACH), axis=-1), 0.0)

    def call(self, rolls: Any, training: bool = False) -> Any:
        """Score the frames."""
        n, order = self.n_keys, ops.arange(self.most + 1) * (self.n_keys + 1)
        one_more = ((0, 0), (0, 0), (0, 0), (0, 1))
        there = ops.cast(rolls[:, 1:, 0] >= 0, "float32")
        notes = notes_of(rolls, self.most)
        before, keys = notes[:, :-1], notes[:, 1:]
        h = self.drop(ops.gelu(ops.sum(self.voices(before + order), axis=2)), training=training)
        h = self.state(ops.concatenate([h, self.drop(self.past(h), training=training)], axis=-1))
        if not self.in_turn:
            a = self.drop(self.mix(self.drop(h, training=training)), training=training)
            voices = (*before.shape[:2], self.most, -1)
            moved = self.shifted(ops.reshape(self.motion(a), voices), before[..., : self.most])
            logits = ops.reshape(self.answer(a), voices) + ops.pad(moved, one_more)
            taken = ops.minimum(ops.softmax(logits)[..., :n], 1 - 1e-6)
            up = ops.sum(ops.log1p(-taken), axis=2)
            down = ops.log(ops.maximum(-ops.expm1(up), 1e-9))
            return there * -ops.sum(ops.where(rolls[:, 1:] > 0, down, up), axis=-1)
        hot = ops.one_hot(keys, n + 1)
        known = (ops.cumsum(hot, axis=2) - hot)[..., :n]
        last = ops.concatenate([ops.full_like(keys[:, :, :1], n), keys[:, :, :-1]], axis=2)
        h = ops.gelu(h[:, :, None] + self.known(known) + self.last(last + order))
        a = self.drop(self.mix(self.drop(h, training=training)), training=training)
        logits = self.shifted(self.motion(a), before) + self.shifted(self.interval(a), last)
        logits = self.answer(a) + ops.pad(logits, one_more)
        # the keys below the last one are left, and "no more", after which nothing is open
        left = (ops.arange(n + 1) < last[..., None]) | (ops.arange(n + 1) == n)
        nats = cross_entropy(keys, ops.where(left, logits, -1e9))
        ended = (last == n) & (ops.arange(self.most + 1) > 0)
        return there * ops.sum(ops.where(ended, 0.0, nats), axis=-1)


def padded(rolls: Rolls, n: int) -> np.ndarray:
    """Stack rolls [shape=(B, n, n_keys)], with −1 where one has ended."""
    out = np.full((len(rolls), n, rolls[0].shape[1]), -1.0, "float32")
    for row, roll in zip(out, rolls, strict=True):
        row[: len(roll)] = roll[:n]
    return out


def silence_first(rolls: Rolls) -> list[np.ndarray]:
    """Put an empty frame before each."""
    return [np.pad(roll, ((1, 0), (0, 0))) for roll in rolls]


def frame_nats(network: RollNetwork, rolls: Rolls) -> list[np.ndarray]:
    """Return for each roll the nats of all its frames."""
    # whole batches of few lengths: each new shape is compiled
    rows = [*silence_first(rolls), *[rolls[0][:0]] * (-len(rolls) % 16)]
    x = padded(rows, 1 + 32 * -(-max(map(len, rolls)) // 32))
    nats = np.concatenate([network.predict_on_batch(x[i : i + 16]) for i in range(0, len(x), 16)])
    return [row[: len(roll)] for row, roll in zip(nats, rolls, strict=False)]


def per_frame(nats: Sequence[np.ndarray]) -> float:
    """Return the mean over all frames but the first of each piece, as TCN's authors count."""
    return float(np.concatenate([row[1:] for row in nats]).mean())


def plain_nats(train: Rolls, rolls: Rolls, *, after: bool) -> list[np.ndarray]:
    """Return nats by counting how often a key is down: at all, or `after` it was down or up before.

    Each count begins at 1.
    """
    counts = np.ones((2, 2, train[0].shape[1]))  # was it down, is it down, which key
    for roll in silence_first(train):
        for was, now in itertools.product((0, 1), (0, 1)):
            counts[was, now] += ((roll[:-1] == was) & (roll[1:] == now)).sum(axis=0)
    if not after:
        counts[:] = counts.sum(axis=0)
    nats = -np.log(counts / counts.sum(axis=1, keepdims=True))
    key = np.arange(counts.shape[-1])
    return [nats[x[:-1].astype(int), x[1:].astype(int), key].sum(axis=1) for x in silence_first(rolls)]


def known_tunes(train: Rolls, rolls: Rolls, n: int = 16) -> float:
    """Return the share of rolls whose first `n` top notes stand in a row in training too, in any key."""

    def steps(roll: np.ndarray) -> np.ndarray:
        return np.diff(np.where(roll > 0, np.arange(1, roll.shape[1] + 1), 0).max(axis=1))

    heard = {steps(x)[i : i + n - 1].tobytes() for x in train for i in range(len(x) - n + 1)}
    return float(np.mean([steps(x)[: n - 1].tobytes() in heard for x in rolls]))


def fit(
    rolls: Mapping[str, Rolls], *, in_turn: bool, n_steps: int, seed: int = SEED, **options: Any
) -> RollNetwork:
    """Train, and keep the weights that were best on the validation chorales."""
    set_seed(seed)
    rng, n = np.random.default_rng(seed), 64
    train = silence_first(rolls["train"])
    network = RollNetwork(in_turn=in_turn, **options)
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(3e-3, n_steps, alpha=0.02), weight_decay=0.03, clipnorm=1.0
        ),
        loss=lambda there, nats: ops.sum(nats) / ops.sum(there),
    )
    best, weights, begun, costs = np.inf, None, time.time(), []
    for step in range(1, n_steps + 1):
        some = []
        for i in rng.choice(len(train), 16, replace=False):
            first = rng.integers(max(1, len(train[i]) - n))
            some.append(train[i][first : first + n + 1])
        x = padded(some, n + 1)
        costs.append(float(network.train_on_batch(x, (x[:, 1:, 0] >= 0).astype("float32"))))
        if step % 100 == 0:
            found = per_frame(frame_nats(network, rolls["valid"]))
            line = f"{step} steps, {time.time() - begun:.0f} s: {np.mean(costs[-100:]):.3f}, {found:.3f}"
            print(line, flush=True)
            if found < best:
                best, weights = found, network.get_weights()
    network.set_weights(weights)
    return network


def row_of(name: str, nats: Mapping[str, Sequence[np.ndarray]], **more: Any) -> dict[str, Any]:
    """Return what the table says of a model; the interval draws chorales of the test anew."""
    means, n = [row[1:].mean() for row in nats["test"]], [len(row) - 1 for row in nats["test"]]
    low, high = speaker_interval(np.array(means), np.arange(len(n)), weights=n)
    found = {
        "validation": per_frame(nats["valid"]),
        "test": per_frame(nats["test"]),
        "low": low,
        "high": high,
        "with_first_frames": np.concatenate(nats["test"]).mean(),
        "mean_of_chorales": np.mean([row.mean() for row in nats["test"]]),
    }
    return {"model": name, **more, **{key: round(float(x), 3) for key, x in found.items()}}


def main() -> None:
    """Train, measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="JSB_Chorales.mat")
    parser.add_argument("--steps", type=int, nargs=2, default=[900, 500], help="keys apart, note after note")
    parser.add_argument("--seeds", type=int, nargs="+", default=[SEED])
    parser.add_argument("--out", type=Path, default=checkpoint_dir() / "music_published.csv")
    options = parser.parse_args()
    rolls, rows = load_rolls(options.data), []
    known = round(known_tunes(rolls["train"], rolls["test"]), 3)
    for name, after in (("how often each key is down", False), ("each key after itself", True)):
        nats = {part: plain_nats(rolls["train"], rolls[part], after=after) for part in ("valid", "test")}
        rows.append(row_of(name, nats, seed="", steps=0, parameters=0, known_tunes=known))
    for seed, in_turn in itertools.product(options.seeds, (False, True)):
        n_steps = options.steps[in_turn]
        network = fit(rolls, in_turn=in_turn, n_steps=n_steps, seed=seed)
        nats = {part: frame_nats(network, rolls[part]) for part in ("valid", "test")}
        name = "note after note" if in_turn else "keys apart"
        facts = {"seed": seed, "steps": n_steps, "parameters": network.count_params(), "known_tunes": known}
        rows.append(row_of(name, nats, **facts))
        print(rows[-1], flush=True)
        keras.backend.clear_session()
    write_table(options.out, rows)


if __name__ == "__main__":
    main()
