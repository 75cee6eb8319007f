"""The command line: it trains, judges, runs and times every family, and knows them through one table only.

``data`` builds and checks the corpora that ship; ``train``, ``evaluate``, ``generate`` and ``bench`` take the
name of a checkpoint, and do with it what its family says (`audio_edu.families`). ``tag`` says what sounds in
sound files, ``encode`` and ``decode`` make small files of speech and speech of small files, ``restore`` mends
recordings. ``doctor`` says whether the machine is ready.
"""

import argparse
import json
import os
import shlex
import signal
import sys
import threading
import typing
import warnings
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ._files import check_writable, claimed
from ._validate import check_range
from .families import CHECKPOINTS, family_of, load_model

CORPORA = ("digits", "notes", "prompts", "sentences", "words", "scenes", "chorales", "lexicon")
#: What every model that generates can write; a family may write more.
SOUNDS = (".wav", ".flac")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 is success, 1 a failure, 2 a wrong command.

    Ctrl-C and SIGTERM end it in order, with what was being written removed and the state of a training saved.
    The exit status is then that of a process that such a signal has ended: 130, 143.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``audio-edu``. Default: those of the running process.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    terminates = signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if terminates and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(f"audio-edu: {message}", file=sys.stderr)
            return _run(argv)
    finally:
        if signal.getsignal(signal.SIGTERM) is _stop:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _run(argv: Sequence[str]) -> int:
    try:
        args = _parser(argv).parse_args(argv)
        args.words = argv
        if args.run is None:
            args.show_help()
            return 2
        return args.run(args)
    except KeyboardInterrupt as stopped:
        print("\nStopped.", file=sys.stderr)
        return 128 + next(iter(stopped.args), signal.SIGINT)
    except (ImportError, MemoryError, OSError, RuntimeError, TypeError, ValueError) as error:
        print(f"audio-edu: {error}", file=sys.stderr)
        return 1


def _stop(number: int, frame: Any) -> None:
    raise KeyboardInterrupt(number)


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    from . import __version__

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

    names = "\n".join(f"  {name:16s} {entry.help}" for name, entry in CHECKPOINTS.items())
    shared = {"formatter_class": argparse.RawDescriptionHelpFormatter, "epilog": f"checkpoints:\n{names}"}
    _add_train(commands.add_parser("train", help="train a model from data/ alone; can be resumed", **shared))
    _add_evaluate(commands.add_parser("evaluate", help="judge a model beside baselines", **shared))
    generate = commands.add_parser("generate", help="make a sound with a model, and write it to a file")
    generate.set_defaults(run=None, show_help=generate.print_help)
    models = generate.add_subparsers(title="models", metavar="NAME")
    for name, entry in CHECKPOINTS.items():
        if entry.generates:
            one = models.add_parser(name, help=entry.help)
            if argv[:2] == ["generate", name]:  # only then is the family imported
                _add_generate(one, name)
    _add_transcribe(commands.add_parser("transcribe", help="write down what is said in sound files"))
    _add_tag(commands.add_parser("tag", help="say what sounds in sound files, and when"))
    _add_encode(commands.add_parser("encode", help="make a small file of a recording of speech"))
    _add_decode(commands.add_parser("decode", help="make a sound file of what encode wrote"))
    _add_restore(commands.add_parser("restore", help="take out noise, mend clipped peaks, fill gaps"))
    bench = commands.add_parser("bench", help="measure speed beside other ways to do the same", **shared)
    bench.add_argument("names", nargs="*", metavar="NAME", help="log_mel, convolve or a checkpoint (all)")
    bench.add_argument("--json", action="store_true", help="print nothing but a JSON object")
    bench.set_defaults(run=_bench)
    doctor = commands.add_parser("doctor", help="is this machine ready for the book? what to do if not")
    doctor.add_argument("--json", action="store_true", help="print nothing but a JSON object")
    doctor.set_defaults(run=_doctor)
    return parser


# --- train -----------------------------------------------------------------------------------------------


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=CHECKPOINTS, metavar="NAME", help="the checkpoint to make")
    parser.add_argument("--resume", action="store_true", help="go on where it was stopped")
    parser.add_argument("--out", type=Path, help="the .npz to write; default: data/checkpoints/NAME.npz")
    parser.add_argument("--steps", type=int, help="batches to learn from; default: the recipe's")
    parser.add_argument("--seed", type=int, help="where all chance comes from; default: the book's")
    parser.add_argument(
        "--set", nargs="+", metavar="FIELD=VALUE", default=[], type=_assignment,
        help="change other fields of the recipe, for example augmentation.noise=0",
    )  # fmt: skip
    parser.add_argument(
        "--data",
        type=Path,
        help="recordings to learn from in place of the corpus: {digit}_{speaker}_{take}.wav",
    )
    parser.add_argument(
        "--hold-out", action="store_true",
        help="keep the validation clips out of the training, and judge on them: to choose a recipe",
    )  # fmt: skip
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N",
        help="share every batch among N processes, here or on several machines (KERAS_BACKEND=jax)",
    )  # fmt: skip
    parser.add_argument(
        "--coordinator", metavar="HOST:PORT",
        help="with --processes and --rank, on each of several machines that see one --out: where rank 0 is",
    )  # fmt: skip
    parser.add_argument("--rank", type=int, metavar="R", help="which of the N processes this one is, from 0")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print nothing but the card")
    parser.set_defaults(run=_train)


def _assignment(text: str) -> tuple[str, Any]:
    field, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=VALUE")
    try:
        return field, json.loads(value)
    except ValueError:
        return field, value


def _train(args: argparse.Namespace) -> int:
    from .training import changed, checkpoint_path
    from .training.recipe import MOST_STEPS

    family = family_of(args.name)
    if args.steps is not None:
        check_range(args.steps, "--steps", 1, MOST_STEPS, integer=True)
    given = {"n_steps": args.steps, "seed": args.seed}
    changes = dict(args.set) | {field: value for field, value in given.items() if value is not None}
    recipe = changed(family.recipes[args.name], changes)
    out = args.out or checkpoint_path(args.name)
    if out.is_dir():
        raise IsADirectoryError(f"--out {out} is a folder; name a file in it.")
    out = out if out.suffix == ".npz" else out.with_name(f"{out.name}.npz")  # lr0.01 has no suffix
    state = out.with_name(f".{out.stem}.state.npz")
    out.parent.mkdir(parents=True, exist_ok=True)
    # before the work, not after it; and where --out stands as it is, too: /dev/null is no /dev/null.npz
    for place in (args.out or out, out, out.with_suffix(".json"), state):
        check_writable(place)
    if args.processes != 1 or args.coordinator is not None or args.rank is not None:
        from .applications.distributed import check_engine, check_rank

        check_rank(args.processes, args.coordinator, args.rank)
        check_engine()
        if args.rank:  # writes nothing
            return _train_to(out, state, args, family, recipe)
        if args.rank is None and args.processes > 1:
            return _train_here(args, state)
    with claimed(out):
        if args.resume and out.is_file() and not state.is_file():
            raise FileExistsError(
                f"{out} is finished, and there is no state of a stopped training to go on from. "
                "To train it anew, leave out --resume; to keep it, name another --out."
            )
        return _train_to(out, state, args, family, recipe)


def _train_here(args: argparse.Namespace, state: Path) -> int:
    """Start the processes of a training on this machine."""
    from .applications.distributed import run_local

    words = [word for word in args.words if word != "--resume"]
    command = [sys.executable, "-m", "audio_edu.cli", *args.words]
    return run_local(command, args.processes, state, ["audio-edu", *words, "--resume"])


def _train_to(out: Path, state: Path, args: argparse.Namespace, family: Any, recipe: Any) -> int:
    from .training import load_checkpoint, save_checkpoint, train
    from .training.checkpoints import versions

    corpus = family.corpus(recipe, args.data)
    clips, split = (corpus.train, "validation") if args.hold_out else (corpus.development, "test")
    options = {"state_path": state, "resume": args.resume, "progress": not (args.quiet or args.json)}
    if args.rank is None:
        model, report = train(family, recipe, clips, start=family.start(recipe), **options)
    else:
        from .applications.distributed import join, train_distributed
        from .training.backends import leave

        join(args.coordinator, args.processes, args.rank, seed=recipe.seed)
        where = {"n_processes": args.processes, "rank": args.rank}
        trained = train_distributed(family, recipe, clips, **where, **options)
        leave()  # judging takes its time, and the others need not wait
        if trained is None:  # rank 0 writes, judges and prints
            return 0
        model, report = trained
    card = {
        "name": args.name,
        "command": _command(args),
        "seed": recipe.seed,
        "corpus": repr(corpus),
        **report,
        "made_with": versions(),
    }
    save_checkpoint(out, family, model, card)  # before it is judged: judging takes its time
    model = load_checkpoint(family, out)  # and what is judged is what is on disk
    if len(corpus.part(split)):
        card["metrics"] = family.evaluate(model, corpus, split=split, judge=_judge(family))
        save_checkpoint(out, family, model, card)
    state.unlink(missing_ok=True)
    if args.json:
        print(json.dumps(load_checkpoint(family, out).card))
    else:
        taken = f"{report['n_steps']} steps, {report['wall_s']:.0f} s"
        print(f"{out}: {model.n_parameters:,} parameters, {taken}")
        _print_report(card.get("metrics", {}))
    return 0


def _command(args: argparse.Namespace) -> str:
    """The command that was given, without what does not change the result."""
    words = ["audio-edu", "train", args.name]
    for option in ("steps", "seed"):
        if getattr(args, option) is not None:
            words += [f"--{option}", str(getattr(args, option))]
    words += ["--set", *(f"{field}={json.dumps(value)}" for field, value in args.set)] if args.set else []
    words += ["--data", args.data.name] if args.data else []
    return shlex.join(words + (["--hold-out"] if args.hold_out else []))


# --- evaluate --------------------------------------------------------------------------------------------


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="a checkpoint, or the path of an .npz that train wrote"
    )
    parser.add_argument(
        "--all", action="store_true",
        help="every codec, restorer and generator by every metric, on the same digits: minutes",
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", metavar="SYSTEM", help="with --all: these rows of its table alone"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="with --all: where systems.csv and system_clips.csv are written; other rows there stay",
    )  # fmt: skip
    parser.add_argument(
        "--data",
        type=Path,
        help="a folder or an archive of recordings: {digit}_{speaker}_{take}.wav",
    )
    parser.add_argument(
        "--split", choices=("train", "validation", "test", "all"),
        help="which clips to judge on; default: test, of recordings of your own all",
    )  # fmt: skip
    parser.add_argument("--judge", metavar="NAME", help="the recogniser that listens; default: the family's")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="let N processes answer (recognisers of clips; needs Dask)"
    )
    parser.add_argument("--json", action="store_true", help="print nothing but a JSON object")
    parser.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    if args.all == bool(args.name):
        raise ValueError("evaluate takes the name of a checkpoint, or --all, one of the two.")
    if args.all:
        return _evaluate_all(args)
    if args.only or args.out:
        raise ValueError("--only and --out go with --all alone.")
    family, model = family_of(args.name), load_model(args.name)
    with warnings.catch_warnings(record=True) as remarks:
        corpus = family.corpus(model.recipe, args.data)
    split = args.split or ("all" if args.data else "test")
    options = {"split": split, "judge": _judge(family, args.judge)}
    if args.workers is None:
        report = family.evaluate(model, corpus, **options)
    else:
        from .applications.distributed import evaluate_with_workers

        options |= {"n_workers": args.workers, "load": load_model, "name": args.name}
        report = evaluate_with_workers(family, model, corpus, **options)
    report = {"name": str(args.name), "n_parameters": model.n_parameters, **report}
    if remarks:  # what was left out belongs beside the score
        report["remarks"] = "; ".join(str(remark.message) for remark in remarks)
    if args.json:
        print(json.dumps(report))
    else:
        _print_report(report)
    return 0


def _evaluate_all(args: argparse.Namespace) -> int:
    from .applications.evaluation import score_systems, write_tables

    if args.data or args.split or args.judge or args.workers:
        raise ValueError(
            "--data, --split, --judge and --workers do not go with --all, which has digits of its own."
        )
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        systems = write_tables(args.out, args.only)
    else:
        systems = [system for _, system in score_systems(args.only)]
    if args.json:
        print(json.dumps({system["system"]: system for system in systems}))
        return 0
    for system in systems:
        print(system.pop("system"))
        _print_report({f"  {key}": value for key, value in system.items()})
    return 0


def _judge(family: Any, name: str | None = None) -> Any:
    name = name or family.judge
    return load_model(name) if name else None


def _print_report(report: dict[str, Any]) -> None:
    for key, value in report.items():
        for name, part in value.items() if isinstance(value, dict) else [("", value)]:
            shown = f"{part:.4g}" if isinstance(part, float) else part
            print(f"{f'{key} {name}'.strip():44s} {shown}")


# --- generate --------------------------------------------------------------------------------------------


def _add_generate(parser: argparse.ArgumentParser, name: str) -> None:
    family = family_of(name)
    suffixes = ", ".join((*SOUNDS, *family.writes))
    parser.add_argument("--out", type=Path, required=True, help=f"the file to write ({suffixes})")
    parser.add_argument("--checkpoint", type=Path, help="an .npz; default: data/checkpoints/NAME.npz")
    parser.add_argument("--json", action="store_true", help="print nothing but a JSON object")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    kinds = typing.get_type_hints(family.Options)
    for field in fields(family.Options):
        kind, many = kinds[field.name], typing.get_origin(kinds[field.name]) is tuple
        kind = next(part for part in (*typing.get_args(kind), kind) if part not in (type(None), Ellipsis))
        parser.add_argument(
            f"--{field.name.replace('_', '-')}", type=kind, default=field.default,
            help=field.metadata["help"], **({"nargs": "+"} if many else {}),
        )  # fmt: skip
    parser.set_defaults(run=_generate, name=name, family=family)


def _generate(args: argparse.Namespace) -> int:
    from .signal import rms_db, save_audio
    from .training import load_checkpoint

    _check_place(args.out, (*SOUNDS, *args.family.writes))
    given = {field.name: getattr(args, field.name) for field in fields(args.family.Options)}
    options = args.family.Options(**{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})
    model = load_checkpoint(args.family, args.checkpoint or args.name)
    write = args.family.writes.get(args.out.suffix.lower())
    if write is not None:
        write(model, options, args.out)
        if not args.quiet:
            print(json.dumps({"out": str(args.out)}) if args.json else f"{args.out}: written")
        return 0
    x, sample_rate = args.family.generate(model, options)
    save_audio(args.out, x, sample_rate)
    said = {"out": str(args.out), "seconds": round(len(x) / sample_rate, 2), "sample_rate": sample_rate}
    said["level_dbfs"] = round(rms_db(x), 1)
    if args.json:
        print(json.dumps(said))
    elif not args.quiet:
        print("{out}: {seconds:.2f} s at {sample_rate} Hz, {level_dbfs:.1f} dBFS".format(**said))
    return 0


def _check_place(path: Path, suffixes: Sequence[str]) -> None:
    """Say at once that a file could not be written, not after it has been made."""
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"--out {path}: expected a name that ends in {' or '.join(suffixes)}.")
    check_writable(path)


# --- transcribe, tag -----------------------------------------------------------------------------------


#: What may be said, by the name that the command line gives it.
LANGUAGES = ("letters", "sentences", "digits")


def _add_transcribe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sound files of any length")
    parser.add_argument(
        "--checkpoint", metavar="NAME", default="ctc", help="or the path of an .npz that train wrote"
    )
    parser.add_argument(
        "--language", choices=LANGUAGES, default="letters",
        help="what may be said: any letters, the words of data/sentences, or digits",
    )  # fmt: skip
    parser.add_argument(
        "--tracts", action="store_true",
        help="read it with five lengths of the vocal tract, keep the surest reading (slower, fewer errors)",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true", help="print a JSON object a line: file, text, words with their times"
    )
    parser.set_defaults(run=_transcribe)


def _transcribe(args: argparse.Namespace) -> int:
    from .recognition.ctc.evaluate import language_for
    from .recognition.ctc.recognize import TRACTS

    model = load_model(args.checkpoint)
    tracts = TRACTS if args.tracts else (1.0,)
    language = language_for({"digits": "digit", "sentences": "sentence"}.get(args.language, ""))

    def answer(x: Any) -> tuple[str, dict[str, Any]]:
        words = model.words(x, language, tracts=tracts)
        text = " ".join(word.text for word in words)
        return text, {"text": text, "words": [{"text": word.text, **_timed(word)} for word in words]}

    return _for_each_file(args, model.sample_rate, answer)


def _add_tag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="sound files of any length")
    parser.add_argument(
        "--checkpoint", metavar="NAME", default="tagging", help="or the path of an .npz that train wrote"
    )
    parser.add_argument(
        "--json", action="store_true",
        help="print a JSON object a line: file, tags with their probabilities, events with their times",
    )  # fmt: skip
    parser.set_defaults(run=_tag)


def _tag(args: argparse.Namespace) -> int:
    model = load_model(args.checkpoint)

    def answer(x: Any) -> tuple[str, dict[str, Any]]:
        tags, events = model.tags(x), model.events(x)
        spans: dict[str, list[str]] = {tag: [] for tag in tags}
        for event in events:
            spans[event.tag].append(f"{event.start_s:.1f}-{event.end_s:.1f}")
        text = "; ".join(f"{tag} {p:.2f} ({', '.join(spans[tag])} s)" for tag, p in tags.items())
        return text.replace(" ( s)", ""), {
            "tags": {tag: round(p, 3) for tag, p in tags.items()},
            "events": [
                {"tag": event.tag, **_timed(event), "probability": round(event.probability, 3)}
                for event in events
            ],
        }

    return _for_each_file(args, model.sample_rate, answer)


def _for_each_file(
    args: argparse.Namespace, sample_rate: int, answer: Callable[[Any], tuple[str, dict[str, Any]]]
) -> int:
    """A line for each file; one that cannot be read is passed over, and an error where all of them are."""
    from .signal import load_audio

    n_read = 0
    for path in args.files:
        try:
            x, _ = load_audio(path, sample_rate=sample_rate)
            text, fields = answer(x)
        except (OSError, ValueError) as error:
            print(f"audio-edu: passed over: {error}", file=sys.stderr)
            continue
        n_read += 1
        print(json.dumps({"file": str(path), **fields}) if args.json else f"{path}: {text}", flush=True)
    return 0 if n_read else 1


def _timed(part: Any) -> dict[str, float]:
    return {"start_s": round(part.start_s, 2), "end_s": round(part.end_s, 2)}


# --- encode, decode --------------------------------------------------------------------------------------


def _add_encode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sound", type=Path, metavar="IN.wav", help="a sound file; resampled where needed")
    parser.add_argument("out", type=Path, metavar="OUT.hm", help="the small file to write")
    parser.add_argument(
        "--kbps", type=float, default=6.0, help="the most kilobits a second, all included; default: 6"
    )
    _add_codec_options(parser)
    parser.set_defaults(run=_encode)


def _add_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("small", type=Path, metavar="IN.hm", help="what encode wrote")
    parser.add_argument("out", type=Path, metavar="OUT.wav", help="the sound file to write (.wav, .flac)")
    _add_codec_options(parser)
    parser.set_defaults(run=_decode)


def _add_codec_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint", metavar="NAME", default="codec", help="or the path of an .npz that train wrote"
    )
    parser.add_argument("--json", action="store_true", help="print nothing but a JSON object")


def _codec(name: str) -> Any:
    model = load_model(name)
    if not hasattr(model, "encode"):
        raise ValueError(
            f"--checkpoint {name} is no codec; name one that was made by `audio-edu train codec`."
        )
    return model


def _encode(args: argparse.Namespace) -> int:
    from ._files import replacing
    from .signal import load_audio

    if args.out.suffix.lower() != ".hm":
        raise ValueError(f"{args.out}: expected a name that ends in .hm.")
    check_writable(args.out)
    check_range(args.kbps, "--kbps", 0.01, 1000.0)
    model = _codec(args.checkpoint)
    x, _ = load_audio(args.sound, sample_rate=model.sample_rate)
    data = model.encode(x, kbps=args.kbps)
    with replacing(args.out) as partial:
        partial.write_bytes(data)
    seconds = len(x) / model.sample_rate
    said = {"out": str(args.out), "seconds": round(seconds, 2), "bytes": len(data)}
    said["kbps"] = round(8 * len(data) / seconds / 1000, 2)
    if args.json:
        print(json.dumps(said))
    else:
        print("{out}: {seconds:.2f} s in {bytes:,} bytes, {kbps:.2f} kbit/s".format(**said))
    if said["kbps"] > args.kbps:
        print(f"audio-edu: fewer bits than these are not possible; --kbps was {args.kbps}.", file=sys.stderr)
    return 0


def _decode(args: argparse.Namespace) -> int:
    from .signal import save_audio
    from .signal.files import read_file

    _check_place(args.out, SOUNDS)
    if not args.small.exists():
        raise FileNotFoundError(f"there is no file {str(args.small)!r}.")
    try:
        data = read_file(args.small)
    except ValueError as error:
        raise ValueError(f"{str(args.small)!r} {error}") from error
    model = _codec(args.checkpoint)
    try:
        x = model.decode(data)
    except ValueError as error:
        raise ValueError(f"{args.small}: {error}") from error
    save_audio(args.out, x, model.sample_rate)
    said = {"out": str(args.out), "seconds": round(len(x) / model.sample_rate, 2)}
    said["sample_rate"] = model.sample_rate
    print(json.dumps(said) if args.json else "{out}: {seconds:.2f} s at {sample_rate} Hz".format(**said))
    return 0


# --- restore ---------------------------------------------------------------------------------------------


def _add_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sound", type=Path, metavar="IN.wav", help="a sound file of any sample rate")
    parser.add_argument("out", type=Path, metavar="OUT.wav", help="the sound file to write (.wav, .flac)")
    parser.add_argument(
        "--task", choices=("denoise", "declip", "fill"), required=True, help="what is wrong with it"
    )
    parser.add_argument(
        "--gap", nargs=2, type=float, action="append", metavar=("START", "END"), default=[],
        help="for fill: a gap (s), may be given several times; default: runs of exact zeros, 2 to 250 ms",
    )  # fmt: skip
    parser.add_argument(
        "--checkpoint", metavar="NAME",
        help="the network to use; default: denoise for that task, for the others classical methods, "
        "which are better than the networks that ship",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print nothing but a JSON object")
    parser.set_defaults(run=_restore)


def _restore(args: argparse.Namespace) -> int:
    import numpy as np

    from .applications.restoration.recordings import restore_recording
    from .signal import load_audio, save_audio

    _check_place(args.out, SOUNDS)
    if args.gap and args.task != "fill":
        raise ValueError(f"--gap is for --task fill; the task is {args.task}.")
    x, rate = load_audio(args.sound, mono=False)
    name = args.checkpoint or ("denoise" if args.task == "denoise" else None)
    model = load_model(name) if name else None
    if model is not None and getattr(model.recipe, "task", None) != args.task:
        raise ValueError(f"--checkpoint {name} was not made for {args.task}; name one that was.")
    restored, found = [], []
    for channel in np.atleast_2d(x):
        y, said = restore_recording(channel, rate, args.task, model, gaps_s=args.gap)
        restored.append(y)
        found.append(said)
    y, peak = np.stack(restored), max(float(np.abs(part).max()) for part in restored)
    scale = min(1.0, (1 - 2**-15) / peak) if peak else 1.0
    save_audio(args.out, (y * scale).astype(np.float32), rate)
    said = {"out": str(args.out), "seconds": round(y.shape[1] / rate, 2), "sample_rate": rate}
    said |= {"gain_db": round(20 * float(np.log10(scale)), 2), "channels": found}
    nothing = all(part.get("n_clipped", part.get("n_gaps", 1)) == 0 for part in found)
    if args.json:
        print(json.dumps(said))
    else:
        print("{out}: {seconds:.2f} s at {sample_rate} Hz".format(**said))
        for i, part in enumerate(found, 1):
            text = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in part.items())
            print(f"channel {i}: {text}" if text else f"channel {i}: denoised")
    if nothing:
        what = {"declip": "no clipped peak", "fill": "no gap"}[args.task]
        print(f"audio-edu: {what} was found; the sound was written as it is.", file=sys.stderr)
    if scale < 1:
        print(f"audio-edu: turned down by {-said['gain_db']} dB, or it would clip.", file=sys.stderr)
    return 0


# --- bench, doctor, data ---------------------------------------------------------------------------------


def _bench(args: argparse.Namespace) -> int:
    from . import bench

    rows = bench.run(args.names or None)
    if args.json:
        report: dict[str, Any] = {}
        for row in rows:
            report |= row.pop("summary", {})
        print(json.dumps({**report, "rows": rows}))
    else:
        print(bench.format_table(rows))
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from . import doctor

    return doctor.report(args.json)


def _build(args: argparse.Namespace) -> int:
    from .datasets import (
        _build_chorales,
        _build_digits,
        _build_lexicon,
        _build_notes,
        _build_prompts,
        _build_scenes,
        _build_sentences,
        _build_words,
        data_dir,
    )

    builders = {
        "digits": _build_digits,
        "notes": _build_notes,
        "prompts": _build_prompts,
        "sentences": _build_sentences,
        "words": _build_words,
        "scenes": _build_scenes,
        "chorales": _build_chorales,
        "lexicon": _build_lexicon,
    }
    out = args.out or data_dir() / args.name
    builders[args.name].build(out)
    print(f"{args.name}: built in {out}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from .datasets import _shipped, data_dir

    problems = []
    for name in [args.name] if args.name else CORPORA:
        found = _shipped.verify(data_dir() / name)
        problems += found
        print(f"{name}: {f'{len(found)} files are wrong' if found else 'all files match their checksums'}")
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)
    return 1 if problems else 0


def _list(args: argparse.Namespace) -> int:
    from . import datasets

    loaders = {
        "digits": datasets.load_digits,
        "notes": datasets.load_notes,
        "prompts": datasets.load_prompts,
        "sentences": datasets.load_sentences,
        "words": datasets.load_words,
        "scenes": datasets.load_scene_sources,
        "chorales": datasets.load_chorales,
        "lexicon": datasets.load_lexicon,
    }
    for name in CORPORA:
        folder = datasets.data_dir() / name
        if not folder.is_dir():
            print(f"{name}: not in {folder.parent}; build it with `audio-edu data build {name}`")
            continue
        megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        found = loaders[name]()
        said = f"{len(found):,} words" if isinstance(found, dict) else repr(found)
        print(f"{name}: {said}; {megabytes:.1f} MB in {folder}")
    return 0


if __name__ == "__main__":
    status = main()
    if status and "AUDIO_EDU_LAUNCHER" in os.environ:
        # one of several processes, stopped or failed: on its way out JAX would wait for the others
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status)
