"""``audio-edu train``, ``evaluate`` and ``generate`` for what generates sound.

The modules of a family have the same names in them: ``NAME.py`` has ``load_NAME`` and ``save_NAME``,
``NAME_training.py`` a recipe and ``train``, ``NAME_evaluation.py`` has ``evaluate``. What differs, the
options of ``generate`` and what they mean, is here.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from .._validate import check_positive, check_range

__all__ = ["NAMES", "add_generate_parser", "add_train_parsers", "evaluate"]

#: What can be trained, by the name of its checkpoint: the family, the recipe's name, the corpus.
NAMES: dict[str, tuple[str, str, str]] = {
    "gan": ("gan", "RECIPE", "digits"),
    "gan_waveform": ("gan", "WAVEFORM_RECIPE", "digits"),
    "vae": ("vae", "RECIPE", "notes"),
    "vae_map": ("vae", "MAP_RECIPE", "notes"),
    "wavenet": ("wavenet", "RECIPE", "digits"),
    "wavenet_advised": ("wavenet", "ADVISED_RECIPE", "digits"),
}
_HELP = {
    "gan": "spectrograms of spoken digits, against a critic",
    "gan_waveform": "samples of spoken digits, against a critic",
    "vae": "notes of instruments, through a few numbers",
    "vae_map": "notes of instruments, through two numbers",
    "wavenet": "spoken digits, sample after sample",
    "wavenet_advised": "the same, told what a linear predictor expects; for coding, not for speaking",
}


def _module(name: str, part: str) -> Any:
    """Import ``gan_training`` for name ``gan_waveform`` and part ``training``."""
    family = NAMES[name][0]
    return import_module(f".{family}_{part}" if part else f".{family}", __package__)


def _corpus(name: str) -> Any:
    from .. import datasets

    return getattr(datasets, f"load_{NAMES[name][2]}")()


def add_train_parsers(names: Any) -> None:
    """Add the generators to what ``audio-edu train`` can train."""
    for name in NAMES:
        parser = names.add_parser(name, help=_HELP[name])
        parser.add_argument(
            "--resume", action="store_true", help="go on where a training that was stopped left off"
        )
        parser.add_argument(
            "--out", type=Path, help="the file to write (.npz); default: data/checkpoints/NAME.npz"
        )
        parser.add_argument("--steps", type=int, help="default: the recipe's")
        parser.add_argument("--seed", type=int, help="default: the book's")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")
        parser.set_defaults(run=_train, name=name)


def _train(args: argparse.Namespace) -> int:
    from ..checkpoints import checkpoint_path, versions

    family, recipe_name, _ = NAMES[args.name]
    training = _module(args.name, "training")
    changed = {}
    if args.steps is not None:
        changed["n_steps"] = check_positive(args.steps, "--steps", integer=True)
    if args.seed is not None:
        changed["seed"] = args.seed
    recipe = replace(getattr(training, recipe_name), **changed)
    corpus = _corpus(args.name)
    out = (args.out or checkpoint_path(args.name)).with_suffix(".npz")
    state = out.with_name(f".{out.stem}.state.npz")
    model, report = training.train(
        recipe, corpus.train, state_path=state, resume=args.resume, progress=not args.quiet
    )
    words = ["audio-edu", "train", args.name]
    for option in ("steps", "seed"):
        if getattr(args, option) is not None:
            words += [f"--{option}", str(getattr(args, option))]
    card = {
        "name": args.name,
        "command": shlex.join(words),
        "seed": recipe.seed,
        "corpus": repr(corpus),
        "n_parameters": model.n_parameters,
        **report,
        "made_with": versions(),
    }
    save = getattr(_module(args.name, ""), f"save_{family}")
    save(out, model, card)  # before it is judged: judging takes its time
    metrics = _module(args.name, "evaluation").evaluate(model, corpus)
    save(out, model, {**card, "metrics": metrics})
    state.unlink(missing_ok=True)
    print(f"{out.name}: {model.n_parameters:,} parameters, {report['wall_s']:.0f} s")
    print(json.dumps(metrics))
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Judge a generator: the part of ``audio-edu evaluate`` that is about generators."""
    from ..checkpoints import load_checkpoint

    kind = load_checkpoint(args.name)[1]["name"]
    for option in ("data", "split", "latency"):
        if getattr(args, option):
            raise ValueError(f"--{option} is for recognizers; {kind} generates sound.")
    model = getattr(_module(kind, ""), f"load_{NAMES[kind][0]}")(args.name)
    report = {
        "name": kind,
        "n_parameters": model.n_parameters,
        **_module(kind, "evaluation").evaluate(model, _corpus(kind)),
    }
    if not args.json:
        for key, value in report.items():
            print(f"{key:32s} {value if not isinstance(value, float) else f'{value:.4g}'}")
    print(json.dumps(report))
    return 0


def add_generate_parser(subparsers: Any) -> None:
    """Add ``generate`` to the command line."""
    parser = subparsers.add_parser("generate", help="make a sound with a generator and write it to a file")
    parser.set_defaults(run=None, show_help=parser.print_help)
    names = parser.add_subparsers(title="models", metavar="NAME")
    for name in NAMES:
        one = names.add_parser(name, help=_HELP[name])
        one.add_argument("--out", type=Path, required=True, help="the sound file to write (.wav, .flac, ...)")
        one.add_argument("--checkpoint", type=Path, help="an .npz; default: data/checkpoints/NAME.npz")
        one.add_argument("--seed", type=int, default=None, help="another seed, another sound")
        if NAMES[name][0] == "vae":
            one.add_argument("--instrument", help="for example flute; default: any")
            one.add_argument("--pitch", type=float, help="as a MIDI number, 60 is the middle C; default: any")
        else:
            one.add_argument(
                "--digit",
                type=int,
                nargs="+",
                default=[7],
                help="what to say, 0 to 9, one or more; default: 7",
            )
        if NAMES[name][0] == "wavenet":
            one.add_argument(
                "--voice", help="whose voice, for example awb-00; default: nobody's in particular"
            )
            one.add_argument(
                "--seconds",
                type=float,
                help="how long, silence after the word included; default: as it takes",
            )
            one.add_argument(
                "--guidance", type=float, help="above 1: clearer, and less natural; default: as it was judged"
            )
        if NAMES[name][0] in ("vae", "wavenet"):
            one.add_argument(
                "--temperature",
                type=float,
                default=None,
                help="below 1: more likely sounds; above: rarer ones",
            )
        one.set_defaults(run=_generate, name=name)


def _generate(args: argparse.Namespace) -> int:
    from ..signal import save_audio

    _check_place(args.out)
    model = getattr(_module(args.name, ""), f"load_{NAMES[args.name][0]}")(args.checkpoint or args.name)
    options = {"seed": args.seed} if args.seed is not None else {}
    if getattr(args, "temperature", None) is not None:
        options["temperature"] = args.temperature
    make = {"gan": _words, "vae": _note, "wavenet": _words}[NAMES[args.name][0]]
    x = make(model, args, options)
    save_audio(args.out, x, model.sample_rate)
    level = 20 * np.log10(max(float(np.sqrt(np.mean(np.square(x)))), 1e-9))
    print(f"{args.out}: {len(x) / model.sample_rate:.2f} s at {model.sample_rate} Hz, {level:.1f} dBFS")
    return 0


def _check_place(path: Path) -> None:
    """Say at once that a sound could not be written, not after it has been made."""
    if path.suffix.lower() not in (".wav", ".flac"):
        raise ValueError(f"--out {path}: expected a name that ends in .wav or .flac.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"--out {path}: there is no folder {path.parent}; make it first.")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise PermissionError(f"--out {path}: it cannot be written there; name another file.")


def _words(model: Any, args: argparse.Namespace, options: dict[str, Any]) -> np.ndarray:
    """Say the digits one after another, a tenth of a second apart."""
    speaks = NAMES[args.name][0] == "wavenet"
    module = _module(args.name, "generation" if speaks else "")
    pause = np.zeros(model.sample_rate // 10, np.float32)
    if speaks:
        judged = _module(args.name, "evaluation")
        guidance = judged.GUIDANCE if args.guidance is None else args.guidance
        options = {"temperature": judged.TEMPERATURE, "guidance": guidance, **options}
    parts: list[np.ndarray] = []
    for digit in args.digit:
        if speaks:
            word = module.generate(
                model, _n_samples(model, args, digit), digit=digit, voice=args.voice, **options
            )
        else:
            word = module.generate(model, digit=digit, **options)
        parts += [pause, word] if parts else [word]
    return np.concatenate(parts)


def _n_samples(model: Any, args: argparse.Namespace, digit: int) -> int:
    """How long a WaveNet is to speak: as asked, or as long as the voice takes for the word."""
    if args.seconds is not None:
        return round(check_range(args.seconds, "--seconds", 0.01, 60) * model.sample_rate)
    return model.word_length(digit, args.voice)


def _note(model: Any, args: argparse.Namespace, options: dict[str, Any]) -> np.ndarray:
    """Play one note."""
    return _module("vae", "").generate(model, instrument=args.instrument, pitch=args.pitch, **options)
