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
``architecture``
    The documents' network and the book's, each without and with augmentation, and nothing else changed.
``heard``
    No training: which clip does each shipped network recognise?

Every row is written to a table as soon as it is known. A training that was interrupted goes on where it was.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .._validate import check_choice
from ..datasets import Corpus, Labels, load_digits, load_fsdd
from ..metrics import classification_report, majority_accuracy, svm_accuracy
from ..training import train
from .attention import family as attention
from .augment import Augmentation
from .cnn import family as cnn
from .recipe import RecognizerRecipe
from .rnn import family as rnn

FAMILIES = {"cnn": cnn.FAMILY, "rnn": rnn.FAMILY, "attention": attention.FAMILY}

PROTOCOLS = (
    "official",
    "leave-one-out",
    "leave-one-out-and-digits",
    "leave-one-out-from-digits",
    "digits",
    "ablation",
    "architecture",
)

#: How recipes for synthetic voices are changed for real people: the epochs, and the fields. People are few
#: clips and few steps, so the average of the weights must forget sooner. Those who are known already need
#: little augmentation, those who are not nearly as much as synthetic voices do.
_KNOWN = (
    16,
    {
        "ema_decay": 0.98,
        "augmentation": replace(
            Augmentation.none(), speed=0.1, cut=0.05, shift_s=0.1, noise=0.5, tempo=0.1, tract=0.06, masks=0.5
        ),
    },
)
_UNKNOWN = (
    16,
    {
        "ema_decay": 0.98,
        "augmentation": replace(Augmentation(), hiss_db=6.0, equalizer_db=3.0, trim=0.1, mixup=0.3),
    },
)
#: From a network that knows the words already: a few gentle steps.
_FROM_DIGITS = 8, {"learning_rate": 5e-4, "ema_decay": 0.98}

#: Twelve times through the synthetic clips are enough to compare.
_TWELVE = 12, {}

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
) -> Iterator[tuple[str, RecognizerRecipe, Corpus, Corpus]]:
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
    check_choice(protocol, "protocol", PROTOCOLS)
    recipe = FAMILIES[network].recipes[network]
    synthetic = load_digits().development
    epochs, fields = {
        "official": _KNOWN,
        "leave-one-out-from-digits": _FROM_DIGITS,
        "architecture": _TWELVE,
        "digits": (round(recipe.n_steps * recipe.batch_size / len(synthetic)), {}),
    }.get("digits" if protocol == "ablation" else protocol, _UNKNOWN)

    def job(name: str, training: Corpus, test: Corpus, **changes: Any) -> tuple:
        n_steps = (n_epochs or epochs) * (len(training) // recipe.batch_size)
        fields_now = {**fields, "n_steps": n_steps, "seed": seed, **changes}
        return name, replace(recipe, **fields_now), training, test

    for seed in seeds:
        if protocol == "official":
            yield job(f"seed {seed}", people.development, people.test)
        elif protocol == "digits":
            yield job(f"seed {seed}", synthetic, people)
        elif protocol == "architecture":
            for kind, who in (("document", "the documents'"), ("small", "the book's")):
                for augmentation in (Augmentation.none(), recipe.augmentation):
                    how = "plain" if augmentation == Augmentation.none() else "augmented"
                    yield job(f"{who}, {how}", synthetic, people, kind=kind, augmentation=augmentation)
        elif protocol == "ablation":
            for name, off in ABLATIONS.items():
                changes = Augmentation.none() if off == ("all",) else recipe.augmentation.without(*off)
                yield job(f"{name}, seed {seed}", synthetic, people, augmentation=changes)
        else:
            for voice in sorted(set(people.voices.tolist())):
                left_out = people.voices == voice
                training = people.select(~left_out)
                if protocol == "leave-one-out-and-digits":
                    training = join(training, synthetic)
                yield job(f"{voice}, seed {seed}", training, people.select(left_out))


def join(a: Corpus, b: Corpus) -> Corpus:
    """Put the clips of two corpora with the same classes and sample rate into one."""
    if a.label_names != b.label_names or a.sample_rate != b.sample_rate:
        raise ValueError(f"a is {a!r}, b is {b!r}; expected the same classes and sample rate.")
    columns = {key: np.concatenate([getattr(a, key), getattr(b, key)]) for key in ("voices", "split")}
    targets = Labels(np.concatenate([a.labels, b.labels]), a.label_names)
    name = f"{a.name} and {b.name}"
    return replace(a, name=name, audio=a.audio + b.audio, targets=targets, info={}, licence="", **columns)


def heard(people: Corpus) -> list[dict[str, Any]]:
    """Say for each clip which of the shipped networks recognise it (1 or 0)."""
    right = {}
    for name, family in FAMILIES.items():
        right[name] = family.load().probabilities(people.audio).argmax(axis=1) == people.labels
    clips = zip(people.voices, people.labels, people.info["take"], strict=True)
    rows = [
        {"speaker": voice, "digit": digit, "take": take, **{name: int(r[i]) for name, r in right.items()}}
        for i, (voice, digit, take) in enumerate(clips)
    ]
    return sorted(rows, key=lambda row: (row["speaker"], row["digit"], row["take"]))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m audio_edu.recognition.experiments", description=__doc__)
    parser.add_argument("protocol", choices=(*PROTOCOLS, "heard"))
    parser.add_argument("--data", type=Path, help="recordings, a folder or an archive; default: FSDD")
    parser.add_argument("--network", choices=sorted(FAMILIES), default="cnn")
    parser.add_argument("--seeds", type=int, default=1, help="how many trainings, with the seeds 1, 2, ...")
    parser.add_argument("--epochs", type=int, help="default: the recipe's")
    parser.add_argument("--out", type=Path, default=Path("experiments"), help="a folder for the table")
    parser.add_argument("--baselines", action="store_true", help="the majority's guess and the SVM, too")
    args = parser.parse_args(argv)
    family, people, rows = FAMILIES[args.network], load_fsdd(args.data), []
    args.out.mkdir(parents=True, exist_ok=True)
    table = args.out / f"{args.protocol}_{args.network}.csv"
    if args.protocol == "heard":
        _write(table, heard(people))
        return 0
    start = family.load(args.network) if args.protocol == "leave-one-out-from-digits" else None
    todo = jobs(args.protocol, args.network, people, seeds=range(1, args.seeds + 1), n_epochs=args.epochs)
    for number, (name, recipe, training, test) in enumerate(todo):
        if args.baselines:
            guess, svm = majority_accuracy(training, test), svm_accuracy(training, test)
            print(f"{name}: majority {guess:.3f}, SVM {svm:.3f}")
        state = args.out / f".{table.stem}_{number}.npz"
        options = {"start": start, "state_path": state, "resume": True, "progress": True}
        model, trained = train(family, recipe, training, **options)
        report = classification_report(model.probabilities(test.audio), test)
        row = {"row": name, "accuracy": report["accuracy"], **report["per_voice"], "steps": recipe.n_steps}
        if args.protocol == "architecture":
            unseen = load_digits().test
            row["digits_test"] = classification_report(model.probabilities(unseen.audio), unseen)["accuracy"]
        rows.append(row | {"n_parameters": model.n_parameters, "train_s": round(trained["wall_s"])})
        _write(table, rows)
        print(f"{name}: {report['accuracy']:.4f}, {trained['wall_s']:.0f} s", flush=True)
    mean = np.mean([row["accuracy"] for row in rows])
    print(f"{args.protocol}, {args.network}: mean {mean:.4f} of {len(rows)}; {table}")
    return 0


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    raise SystemExit(main())
