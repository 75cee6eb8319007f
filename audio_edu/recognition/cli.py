"""``audio-edu train`` and ``audio-edu evaluate``."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

__all__ = ["add_evaluate_parser", "add_train_parsers", "evaluate"]

NAMES = ("cnn", "rnn", "attention")


def add_train_parsers(names: Any) -> None:
    """Add ``cnn``, ``rnn`` and ``attention`` to what ``audio-edu train`` can train."""
    for name in NAMES:
        parser = names.add_parser(name, help=f"the {name} recognizer of spoken digits")
        parser.add_argument(
            "--resume", action="store_true", help="go on where a training that was stopped left off"
        )
        parser.add_argument(
            "--data", type=Path, help="recordings {digit}_{speaker}_{take}.wav; default: data/digits"
        )
        parser.add_argument(
            "--out", type=Path, help="the file to write (.npz); default: data/checkpoints/NAME.npz"
        )
        parser.add_argument("--epochs", type=int, help="default: the recipe's")
        parser.add_argument("--seed", type=int, help="default: the book's")
        parser.add_argument(
            "--without", nargs="+", metavar="CHANGE", default=[],
            help="augmentations to switch off (speed, noise, tract, ...), or 'all'",
        )  # fmt: skip
        parser.add_argument("--quiet", action="store_true", help="no progress bar")
        parser.set_defaults(run=_train, name=name)


def add_evaluate_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``evaluate`` to the command line."""
    parser = subparsers.add_parser("evaluate", help="judge a model; a recognizer on your recordings, too")
    parser.add_argument("name", help="a checkpoint: cnn, wavenet, ..., or the path of an .npz")
    parser.add_argument(
        "--data", type=Path,
        help="a folder or an archive of recordings {digit}_{speaker}_{take}.wav; "
        "default: the test voices of data/digits",
    )  # fmt: skip
    parser.add_argument(
        "--split", choices=("train", "test", "all"), help="default: test for data/digits, else all"
    )
    parser.add_argument("--latency", action="store_true", help="also measure the time for one clip")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.set_defaults(run=evaluate)
    return parser


def _corpus(path: Path | None) -> Any:
    from ..datasets import load_digits, load_fsdd

    return load_digits() if path is None else load_fsdd(path)


def _train(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from ..checkpoints import checkpoint_path, versions
    from .augment import Augmentation
    from .evaluate import Recognizer, save_recognizer, score
    from .training import RECIPES, train

    recipe = RECIPES[args.name]
    if args.epochs is not None:
        if args.epochs < 1:
            raise ValueError(f"--epochs is {args.epochs}; expected at least 1.")
        recipe = replace(recipe, n_epochs=args.epochs)
    if args.seed is not None:
        recipe = replace(recipe, seed=args.seed)
    if args.without:
        known = set(Augmentation.__dataclass_fields__) - {"snr_db"}
        unknown = sorted(set(args.without) - known - {"all"})
        if unknown:
            raise ValueError(
                f"--without knows no {', '.join(unknown)}; there are {', '.join(sorted(known))}, all."
            )
        changes = Augmentation.none() if "all" in args.without else recipe.augmentation.without(*args.without)
        recipe = replace(recipe, augmentation=changes)
    corpus = _corpus(args.data)
    out = (args.out or checkpoint_path(args.name)).with_suffix(".npz")
    state = out.with_name(f".{out.stem}.state.npz")
    network, report = train(
        recipe, corpus.train, state_path=state, resume=args.resume, progress=not args.quiet
    )
    recognizer = Recognizer(recipe, network)
    metrics = {}
    if len(corpus.test):
        metrics = score(recognizer.probabilities(corpus.test.audio), corpus.test)
    card = {
        "name": args.name,
        "command": _command(args),
        "seed": recipe.seed,
        "corpus": repr(corpus),
        "n_parameters": recognizer.n_parameters,
        "wall_s": report["wall_s"],
        "losses": report["losses"],
        "metrics": {"protocol": f"test split of {corpus.name}", **metrics},
        "made_with": versions(),
    }
    save_recognizer(out, recipe, network, card, corpus.label_names)
    state.unlink(missing_ok=True)
    shown = (
        f"accuracy on the test split of {corpus.name}: {metrics['accuracy']:.3f}"
        if metrics
        else "no test clips"
    )
    print(f"{out.name}: {recognizer.n_parameters:,} parameters, {report['wall_s']:.0f} s; {shown}")
    return 0


def _command(args: argparse.Namespace) -> str:
    """The command that was given, without what does not change the result."""
    words = ["audio-edu", "train", args.name]
    for option in ("epochs", "seed"):
        if getattr(args, option) is not None:
            words += [f"--{option}", str(getattr(args, option))]
    if args.without:
        words += ["--without", *args.without]
    if args.data:
        words += ["--data", args.data.name]
    return shlex.join(words)


def evaluate(args: argparse.Namespace) -> int:
    """Judge a recognizer: the part of ``audio-edu evaluate`` that is about recognizers."""
    from .evaluate import load_recognizer, score

    recognizer = load_recognizer(args.name)
    corpus = _corpus(args.data)
    split = args.split or ("test" if args.data is None else "all")
    chosen = corpus if split == "all" else getattr(corpus, split)
    if not len(chosen):
        raise ValueError(f"There is no {split} clip in {corpus!r}; try --split all.")
    report = score(recognizer.probabilities(chosen.audio), chosen)
    trained_on = str(recognizer.card.get("corpus", "unknown"))
    report = {
        "name": str(args.name),
        **report,
        "n_parameters": recognizer.n_parameters,
        "trained_on": trained_on,
        "protocol": _protocol(trained_on, corpus.name, split),
    }
    if args.latency:
        report["latency_ms"] = round(recognizer.latency_ms(), 2)
    if not args.json:
        print(f"{args.name}, {recognizer.n_parameters:,} parameters, trained on {trained_on}")
        print(f"{report['protocol']}: {report['accuracy']:.4f} of {report['n_clips']} clips right")
        for title, column in (("digit", report["per_digit"]), ("voice", report["per_voice"])):
            for name, value in column.items():
                print(f"  {title} {name:16s} {value:.3f}")
    print(json.dumps(report))
    return 0


def _protocol(trained_on: str, corpus: str, split: str) -> str:
    if trained_on.startswith(f"Corpus '{corpus}'"):
        if split == "test":
            return f"{corpus}, test split of the corpus it was trained on"
        return f"{corpus}, {split} clips, some of them heard in training"
    if trained_on.startswith("Corpus 'digits'"):
        heard = f"trained on synthetic voices alone, no clip or speaker of {corpus} heard"
        return f"digits → {corpus}: {heard} ({split} clips)"
    return f"{corpus}, {split} clips; trained on another corpus"
