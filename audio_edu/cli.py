"""The command line: ``data`` builds and checks what ships in ``data/``, ``bench`` measures speed.

``train`` and ``evaluate`` make and judge models; ``generate`` lets those that generate make a sound.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

CORPORA = ("digits", "notes")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 is success, 1 a failure, 2 a wrong command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``audio-edu``. Default: those of the running process.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    if args.run is None:
        args.show_help()
        return 2
    try:
        return args.run(args)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (OSError, RuntimeError, ValueError) as error:
        print(f"audio-edu: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    from audio_edu import __version__

    parser = argparse.ArgumentParser(
        prog="audio-edu", description="The workbench of the book Hearing Machines."
    )
    parser.add_argument("--version", action="version", version=f"audio-edu {__version__}")
    parser.set_defaults(run=None, show_help=parser.print_help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    data = commands.add_parser("data", help="build, check and list the corpora in data/")
    data.set_defaults(run=None, show_help=data.print_help)
    actions = data.add_subparsers(title="commands", metavar="COMMAND")
    build = actions.add_parser("build", help="make a corpus anew from free tools (see its card)")
    build.add_argument("name", choices=CORPORA)
    build.add_argument("--out", type=Path, help="the folder to write; default: data/NAME")
    build.set_defaults(run=_build)
    verify = actions.add_parser("verify", help="compare the corpora with their checksums")
    verify.add_argument("name", nargs="?", choices=CORPORA, help="default: all")
    verify.set_defaults(run=_verify)
    listing = actions.add_parser("list", help="say what is in data/")
    listing.set_defaults(run=_list)

    try:
        from audio_edu.bench import add_parser
    except ModuleNotFoundError:
        pass
    else:
        add_parser(commands)
    from audio_edu.generation import cli as generation
    from audio_edu.recognition import cli as recognition

    train = commands.add_parser("train", help="train a model from data/ alone; can be killed and resumed")
    train.set_defaults(run=None, show_help=train.print_help)
    names = train.add_subparsers(title="models", metavar="NAME")
    recognition.add_train_parsers(names)
    generation.add_train_parsers(names)
    recognition.add_evaluate_parser(commands).set_defaults(run=_evaluate)
    generation.add_generate_parser(commands)
    return parser


def _evaluate(args: argparse.Namespace) -> int:
    from audio_edu.checkpoints import load_checkpoint
    from audio_edu.generation import cli as generation
    from audio_edu.recognition import cli as recognition

    kind = load_checkpoint(args.name)[1].get("name")
    return (generation if kind in generation.NAMES else recognition).evaluate(args)


def _build(args: argparse.Namespace) -> int:
    from importlib import import_module

    from audio_edu.datasets import _shipped

    out = args.out or _shipped.data_dir() / args.name
    import_module(f"audio_edu.datasets._build_{args.name}").build(out)
    print(f"{args.name}: built in {out}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from audio_edu.datasets import _shipped

    names = [args.name] if args.name else list(CORPORA)
    problems = []
    for name in names:
        found = _shipped.verify(_shipped.data_dir() / name)
        problems += found
        print(
            f"{name}: {'all files match their checksums' if not found else f'{len(found)} files are wrong'}"
        )
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)
    return 1 if problems else 0


def _list(args: argparse.Namespace) -> int:
    import audio_edu.datasets as datasets
    from audio_edu.datasets import _shipped

    for name in CORPORA:
        folder = _shipped.data_dir() / name
        if not folder.is_dir():
            print(f"{name}: not in {folder.parent}; build it with `audio-edu data build {name}`")
            continue
        megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        print(f"{name}: {getattr(datasets, f'load_{name}')()!r}; {megabytes:.1f} MB in {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
