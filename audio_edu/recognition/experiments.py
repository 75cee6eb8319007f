"""The experiments behind the tables: ``python -m audio_edu.recognition.experiments PROTOCOL --data PATH``.

Questions, from easy to hard; `PATH` holds recordings of real people (FSDD):

``official``
    Trained and tested on the same people, other takes: how well are known voices known?
``leave-one-out``
    Each person in turn is only tested on: how well are unknown voices known?
``leave-one-out-and-digits``
    The same, with ``data/digits`` added to the training clips.
``leave-one-out-from-digits``
    The same, beginning with the shipped checkpoint, which has heard synthetic voices only.
``digits``
    Trained on the synthetic voices of ``data/digits`` alone, tested on people.
``ablation``
    The same, each time without one kind of augmentation: which idea bought what?

Every row is written to a table as soon as it is known. A training that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets import Corpus, load_digits, load_fsdd
from .augment import Augmentation
from .evaluate import Recognizer, load_recognizer, majority_accuracy, score, svm_accuracy
from .training import RECIPES, Recipe, train

__all__ = ["ABLATIONS", "KNOWN_PEOPLE", "PROTOCOLS", "UNKNOWN_PEOPLE", "jobs", "join", "main", "run"]

PROTOCOLS = (
    "official",
    "leave-one-out",
    "leave-one-out-and-digits",
    "leave-one-out-from-digits",
    "digits",
    "ablation",
)

#: For training on real people. They are few clips and few steps: the weights' average must forget sooner.
#: Those who are known already need little change, those who are not nearly as much as synthetic voices do.
KNOWN_PEOPLE: dict[str, Recipe] = {
    name: replace(
        recipe,
        n_epochs=16,
        averaging=0.98,
        augmentation=replace(
            Augmentation.none(), speed=0.1, cut=0.05, shift_s=0.1, noise=0.5, tempo=0.1, tract=0.06, masks=0.5
        ),
    )
    for name, recipe in RECIPES.items()
}
UNKNOWN_PEOPLE: dict[str, Recipe] = {
    name: replace(
        recipe,
        n_epochs=16,
        averaging=0.98,
        augmentation=replace(recipe.augmentation, hiss_db=6.0, equalizer_db=3.0, trim=0.1, mixup=0.3),
    )
    for name, recipe in RECIPES.items()
}

#: From a network that knows the words already: a few gentle steps.
FROM_DIGITS: dict[str, Recipe] = {
    name: replace(recipe, n_epochs=8, learning_rate=5e-4, averaging=0.98) for name, recipe in RECIPES.items()
}

#: What is left out, one row of the table each.
ABLATIONS: dict[str, tuple[str, ...]] = {
    "everything": (),
    "without noise and codec": ("noise", "codec"),
    "without rooms": ("reverb",),
    "without equalizer": ("equalizer_db",),
    "without softened hiss": ("hiss_db",),
    "without trimmed edges": ("trim", "cut"),
    "without speed and tempo": ("speed", "tempo"),
    "without vocal tract": ("tract",),
    "without masks": ("masks",),
    "without mixup": ("mixup",),
    "nothing but the clips": ("all",),
}


def jobs(
    protocol: str, network: str, people: Corpus, *, seeds: Sequence[int], n_epochs: int | None = None
) -> Iterator[tuple[str, Recipe, Corpus, Corpus]]:
    """Yield what has to be trained: (name of the row, recipe, training clips, test clips).

    Parameters
    ----------
    protocol : str
        The question, one of `PROTOCOLS`.
    network : {"cnn", "rnn", "attention"}
        Which recipe.
    people : Corpus
        Recordings of real people.
    seeds : sequence of int
        One training each.
    n_epochs : int, optional
        Instead of the recipe's.

    Raises
    ------
    ValueError
        If the protocol is unknown.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol is {protocol!r}; expected one of {', '.join(PROTOCOLS)}.")
    of_synthetic = {"digits": RECIPES, "ablation": RECIPES}
    others = {"official": KNOWN_PEOPLE, "leave-one-out-from-digits": FROM_DIGITS}
    base = {**of_synthetic, **others}.get(protocol, UNKNOWN_PEOPLE)[network]
    if n_epochs:
        base = replace(base, n_epochs=n_epochs)
    with_synthetic = ("leave-one-out-and-digits", "digits", "ablation")
    synthetic = load_digits().train if protocol in with_synthetic else None
    for seed in seeds:
        recipe = replace(base, seed=seed)
        if protocol == "official":
            yield f"seed {seed}", recipe, people.train, people.test
        elif protocol == "digits":
            yield f"seed {seed}", recipe, synthetic, people
        elif protocol == "ablation":
            for name, off in ABLATIONS.items():
                changes = recipe.augmentation
                changes = Augmentation.none() if off == ("all",) else changes.without(*off)
                yield f"{name}, seed {seed}", replace(recipe, augmentation=changes), synthetic, people
        else:
            for voice in sorted(set(people.voices.tolist())):
                left_out = people.voices == voice
                training = people.select(~left_out)
                if synthetic:
                    training = join(training, synthetic)
                yield f"{voice}, seed {seed}", recipe, training, people.select(left_out)


def join(a: Corpus, b: Corpus) -> Corpus:
    """Put the clips of two corpora with the same classes and sample rate into one."""
    if a.label_names != b.label_names or a.sample_rate != b.sample_rate:
        raise ValueError(f"a is {a!r}, b is {b!r}; expected the same classes and sample rate.")
    columns = {
        key: np.concatenate([getattr(a, key), getattr(b, key)]) for key in ("labels", "voices", "split")
    }
    return replace(a, name=f"{a.name} and {b.name}", audio=a.audio + b.audio, info={}, licence="", **columns)


def run(
    recipe: Recipe,
    training: Corpus,
    test: Corpus,
    *,
    start: Recognizer | None = None,
    state_path: Path | None = None,
) -> dict[str, Any]:
    """Train, and judge on the test clips; returns `score`'s report and ``wall_s``, ``n_parameters``."""
    begin = start.network if start else None
    network, report = train(recipe, training, start=begin, state_path=state_path, resume=True)
    recognizer = Recognizer(recipe, network)
    found = score(recognizer.probabilities(test.audio), test)
    return {**found, "wall_s": report["wall_s"], "n_parameters": recognizer.n_parameters}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m audio_edu.recognition.experiments", description=__doc__)
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument(
        "--data", type=Path, help="a folder or an archive of recordings; default: download FSDD"
    )
    parser.add_argument("--network", choices=sorted(RECIPES), default="cnn")
    parser.add_argument("--seeds", type=int, default=1, help="how many trainings, with the seeds 1, 2, ...")
    parser.add_argument("--epochs", type=int, help="default: the recipe's")
    parser.add_argument("--out", type=Path, default=Path("experiments"), help="a folder for the table")
    parser.add_argument("--baselines", action="store_true", help="the majority's guess and the SVM, too")
    args = parser.parse_args(argv)
    people = load_fsdd(args.data)
    args.out.mkdir(parents=True, exist_ok=True)
    table, accuracies = args.out / f"{args.protocol}_{args.network}.csv", []
    todo = jobs(args.protocol, args.network, people, seeds=range(1, args.seeds + 1), n_epochs=args.epochs)
    start = load_recognizer(args.network) if args.protocol == "leave-one-out-from-digits" else None
    for number, (name, recipe, training, test) in enumerate(todo):
        if args.baselines:
            guess, svm = majority_accuracy(training, test), svm_accuracy(training, test)
            print(f"{name}: majority {guess:.3f}, SVM {svm:.3f}")
        state = args.out / f".{table.stem}_{number}.npz"
        report = run(recipe, training, test, start=start, state_path=state)
        accuracies.append(report["accuracy"])
        row = {"row": name, "accuracy": report["accuracy"], **report["per_voice"], "epochs": recipe.n_epochs}
        row |= {"n_parameters": report["n_parameters"], "train_s": round(report["wall_s"])}
        new = number == 0
        with open(table, "w" if new else "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row, extrasaction="ignore")
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(f"{name}: {report['accuracy']:.4f}, {report['wall_s']:.0f} s", flush=True)
    print(f"{args.protocol}, {args.network}: mean {np.mean(accuracies):.4f} of {len(accuracies)}; {table}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
