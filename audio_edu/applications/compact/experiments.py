"""The measurements behind chapter 20's tables: ``python -m audio_edu.applications.compact.experiments``.

``compact.csv`` has a row for each way to make the digit recogniser smaller, and each set of test clips: its
accuracy, an interval (the voices drawn anew), the numbers that are not zero, and the bytes of all weights as
a compressed file. ``voices`` are the 28 unseen synthetic voices of ``data/digits``; with ``--data FSDD`` also
``people``, every fourth recording there.

``as it is``, ``weights`` (bits; a scale for each channel, or one for a layer), ``pruned`` (share of zeros),
``pruned, then trained`` (100 steps more, the zeros held; with a share of 0 the same training, nothing
pruned), and ``student`` (a network a twelfth the size, trained in 400 steps to the labels alone or also to
what the large one says of the same clips; nothing else differs). Trainings see clips without augmentation.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from ...datasets import load_digits, load_fsdd
from ...metrics import speaker_interval
from ...recognition.cnn.family import load_cnn
from ...recognition.cnn.model import build_cnn
from ...reproducible import SEED, set_seed
from ...training import as_array, checkpoint_dir, write_table
from .formulas import fold_all, prune, quantize_weights
from .model import build_folded, folded_weights, size_on_disk

BITS = (8, 6, 5, 4, 3, 2)
SHARES = (0.5, 0.8, 0.9, 0.95)
#: Steps and clips a batch of a training after pruning, and of a student.
N_AFTER, N_STUDENT, BATCH = 100, 400, 64
#: A student's width (the shipped network has 64), the teacher's weight in its loss, and the temperature.
WIDTH, TEACHER, TEMPERATURE = 16, 0.9, 2.0
N_SEEDS = 2


def quantized(
    weights: Mapping[str, np.ndarray], bits: int, *, per_channel: bool = True
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return weights with rounded kernels, and what one stores of them: codes and scales."""
    used, stored = dict(weights), {}
    for name, w in weights.items():
        if name.endswith("kernel"):
            codes, scale = quantize_weights(w, bits, per_channel=per_channel)
            used[name] = (codes * scale).astype(np.float32)
            stored |= {name: codes.astype(np.int8), f"{name}/scale": scale.astype(np.float32)}
        else:
            stored[name] = w.astype(np.float32)
    return used, stored


def pruned(weights: Mapping[str, np.ndarray], share: float) -> dict[str, np.ndarray]:
    """Return weights with the same share of zeros in every kernel."""
    return {name: prune(w, share) if name.endswith("kernel") else w for name, w in weights.items()}


def in_half(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return weights as float16."""
    return {name: w.astype(np.float16) for name, w in weights.items()}


def train_after_pruning(
    weights: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray
) -> dict[str, np.ndarray]:
    """Return weights trained on for `N_AFTER` steps; what is zero in a kernel stays zero."""
    set_seed(SEED)
    network = build_folded(weights)
    network.compile(keras.optimizers.Adam(3e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    masks = {v.path: as_array(v) != 0 for v in network.weights if v.path.endswith("kernel")}
    rng = np.random.default_rng(SEED)
    for _ in range(N_AFTER):
        batch = rng.integers(len(x), size=BATCH)
        network.train_on_batch(x[batch], y[batch])
        for v in network.weights:
            if v.path in masks:
                v.assign(as_array(v) * masks[v.path])
    return {v.path: as_array(v) for v in network.weights}


def train_student(
    x: np.ndarray, y: np.ndarray, teacher_logits: np.ndarray, seed: int, share: float
) -> dict[str, np.ndarray]:
    """Return the folded weights of a small network that learned from labels and a teacher."""
    set_seed(seed)
    network = build_cnn(width=WIDTH)

    def loss(target: Any, logits: Any) -> Any:
        n = logits.shape[-1]
        hard = keras.losses.categorical_crossentropy(target[:, :n], logits, from_logits=True)
        soft = ops.softmax(target[:, n:] / TEMPERATURE)
        told = keras.losses.categorical_crossentropy(soft, logits / TEMPERATURE, from_logits=True)
        return (1 - share) * hard + share * TEMPERATURE**2 * told

    network.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, N_STUDENT)), loss)
    target = np.concatenate([np.eye(teacher_logits.shape[1], dtype=np.float32)[y], teacher_logits], axis=1)
    rng = np.random.default_rng(seed)
    for _ in range(N_STUDENT):
        batch = rng.integers(len(x), size=BATCH)
        network.train_on_batch(x[batch], target[batch])
    return fold_all({v.path: as_array(v) for v in network.weights})


def systems(
    x: np.ndarray, y: np.ndarray, weights: dict[str, np.ndarray]
) -> Iterator[tuple[str, str, dict[str, np.ndarray], Mapping[str, np.ndarray]]]:
    """Yield for each system its name, setting, the weights it uses, and what one stores of them."""
    yield "as it is", "float32", weights, weights
    half = in_half(weights)
    yield "as it is", "float16", {k: w.astype(np.float32) for k, w in half.items()}, half
    for bits in BITS:
        yield "weights", f"{bits} bits, scales of channels", *quantized(weights, bits)
        yield "weights", f"{bits} bits, a scale a layer", *quantized(weights, bits, per_channel=False)
    for share in SHARES:
        few = pruned(weights, share)
        yield "pruned", f"{share:g}", few, in_half(few)
    for share in (0.0, *SHARES):
        again = train_after_pruning(pruned(weights, share), x, y)
        yield "pruned, then trained", f"{share:g}", again, in_half(again)
    teacher_logits = build_folded(weights).predict(x, batch_size=256, verbose=0)
    for seed in range(1, N_SEEDS + 1):
        for name, share in (("labels alone", 0.0), ("labels and teacher", TEACHER)):
            student = train_student(x, y, teacher_logits, seed, share)
            yield "student", f"{name}, seed {seed}", student, in_half(student)


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder or zip with recordings of FSDD")
    parser.add_argument("--out", type=Path, default=checkpoint_dir() / "compact.csv")
    arguments = parser.parse_args()
    model, digits = load_cnn(), load_digits()
    tests = {"voices": digits.test}
    if arguments.data:
        people = load_fsdd(arguments.data)
        tests["people"] = people.select(np.arange(len(people)) % 4 == 0)
    clips = {name: (model.features(c.audio), c.labels, c.voices) for name, c in tests.items()}
    learn = digits.development
    rows = []
    x_learn = model.features(learn.audio)
    for system, setting, used, stored in systems(x_learn, learn.labels, folded_weights(model)):
        network = build_folded(used)
        for name, (x, y, voices) in clips.items():
            right = network.predict(x, batch_size=256, verbose=0).argmax(axis=1) == y
            low, high = speaker_interval(right.astype(float), voices)
            rows.append(
                {
                    "system": system,
                    "setting": setting,
                    "test": name,
                    "n_clips": len(y),
                    "accuracy": round(float(right.mean()), 4),
                    "low": round(low, 4),
                    "high": round(high, 4),
                    "nonzero": sum(int(np.count_nonzero(w)) for w in used.values()),
                    "bytes": size_on_disk(stored),
                }
            )
            print(rows[-1], flush=True)
        keras.backend.clear_session()
    write_table(arguments.out, rows)


if __name__ == "__main__":
    main()
