"""The measurements behind chapter 9's tables: ``python -m audio_edu.recognition.tagging.experiments WHAT``.

``baselines``
    ``tag_scores.csv``: for every test scene and tag, whether it is there, and what the networks, a
    support-vector machine and boosted trees on MFCC statistics say. The classical two learn from 3,000 scenes
    of the training and validation sources.
``transfer``
    ``transfer.csv``: a new sound from 1, 5 or 20 clips, by a last layer on top of the network, by the whole
    network begun anew, and by MFCC statistics. The new sounds are instruments of ``data/notes`` that have no
    tag; measured on other presets.
``real``
    ``real.csv``: what the network says of recordings of the world, a row each; name what they are, and
    folders or files, by ``--data music=FOLDER speech=FILE ...``.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...datasets import Corpus, load_notes, load_scene_sources
from ...datasets.scenes import EFFECTS, INSTRUMENTS, TAG_NAMES, Mixer, draw_scenes
from ...metrics import average_precision
from ...reproducible import SEED
from ...signal import mfcc
from ...training import checkpoint_dir, checkpoint_path, write_table
from .family import FAMILY, load_tagging
from .features import frames
from .recognize import PIECE_S, Tagger, pieces

N_SCENES = 3000
NEW_SOUNDS = ("organ", "accordion", "mallets", "plucked lute", "synth lead")
N_SHOTS, N_DRAWS = (1, 5, 20), 5
#: The three answers that recordings of the world are sorted by.
GROUPS = {
    "speech": ("speech",),
    "music": ("music", "singing", *INSTRUMENTS),
    "effect": EFFECTS,
}


def mfcc_statistics(clips: np.ndarray, sample_rate: int) -> np.ndarray:
    """Mean and spread over time of 20 MFCC and of their changes [shape=(n_clips, 80)]."""
    c = mfcc(clips, sample_rate, n_mfcc=20, hop_length=320)
    d = np.gradient(c, axis=-1)
    return np.concatenate([c.mean(-1), c.std(-1), d.mean(-1), d.std(-1)], axis=-1)


def training_scenes(sources: Corpus, n: int = N_SCENES) -> tuple[np.ndarray, np.ndarray]:
    """Return samples [shape=(n, n_samples)] and tags [shape=(n, n_tags)] of scenes to learn from."""
    mixer, rng = Mixer(sources, varied=True), np.random.default_rng(SEED)
    scenes = [mixer.draw(rng) for _ in range(n)]
    present = np.zeros((n, len(TAG_NAMES)), bool)
    for row, scene in zip(present, scenes, strict=True):
        row[scene.events[:, 0].astype(int)] = True
    return np.stack([scene.x for scene in scenes]), present


def classical(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores [shape=(n_test, n_tags)] of two classical ways, a machine for each tag."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    scores = {name: np.zeros((len(test), y.shape[1])) for name in ("svm", "trees")}
    for k in range(y.shape[1]):
        svm = make_pipeline(StandardScaler(), SVC(C=10.0, class_weight="balanced")).fit(x, y[:, k])
        trees = HistGradientBoostingClassifier(random_state=SEED).fit(x, y[:, k])
        scores["svm"][:, k] = svm.decision_function(test)
        scores["trees"][:, k] = trees.predict_proba(test)[:, 1]
    return scores


def baselines() -> Iterator[dict[str, Any]]:
    """Yield a row for every test scene and tag."""
    sources = load_scene_sources()
    test = draw_scenes(sources.test, 400)
    clips, rate = test.pad(), sources.sample_rate
    names = [name for name in FAMILY.recipes if checkpoint_path(name).is_file()]
    scores = {name: load_tagging(name).probabilities(clips) for name in names}
    x, y = training_scenes(sources.development)
    scores |= classical(mfcc_statistics(x, rate), y, mfcc_statistics(clips, rate))
    for i, k in np.ndindex(test.targets.present.shape):
        row = {"scene": i, "tag": TAG_NAMES[k], "present": int(test.targets.present[i, k])}
        yield row | {name: f"{values[i, k]:.4f}" for name, values in scores.items()}


# --- transfer --------------------------------------------------------------------------------------------


def transfer(model: Tagger) -> Iterator[dict[str, Any]]:
    """Yield a row for each new sound, number of clips, draw and way to learn."""
    notes = load_notes()
    x = notes.pad(notes.sample_rate)
    seen = {"last layer": model.embeddings(x), "MFCC statistics": mfcc_statistics(x, notes.sample_rate)}
    known = np.isin(notes.info["family"], ("keyboard", "guitar", "strings", "brass", "reed", "pipe"))
    for name in NEW_SOUNDS:
        is_new = notes.labels == notes.label_names.index(name)
        usable = is_new | known
        train, test = (np.flatnonzero(usable & (notes.split == split)) for split in ("train", "test"))
        for n in N_SHOTS:
            for draw in range(N_DRAWS):
                rng = np.random.default_rng((SEED, n, draw))
                # as many others as there are of the new one, times five
                few = np.concatenate(
                    [
                        rng.choice(train[is_new[train]], n, replace=False),
                        rng.choice(train[~is_new[train]], 5 * n, replace=False),
                    ]
                )
                row = {"sound": name, "clips": n, "draw": draw}
                for way, features in seen.items():
                    scores = _linear(features[few], is_new[few], features[test])
                    yield row | {"way": way, "ap": f"{average_precision(is_new[test], scores):.4f}"}
                scores = _from_scratch(model, x[few], is_new[few], x[test], seed=draw)
                yield row | {"way": "from scratch", "ap": f"{average_precision(is_new[test], scores):.4f}"}


def _linear(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    machine = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
    return machine.fit(x, y).decision_function(test)


def _from_scratch(
    model: Tagger, x: np.ndarray, y: np.ndarray, test: np.ndarray, *, seed: int, n_steps: int = 60
) -> np.ndarray:
    """The same network with one tag, begun anew and trained on the few clips alone."""
    recipe = replace(model.recipe, seed=seed, n_steps=n_steps, ema_decay=0.9, learning_rate=1e-3)
    fresh = FAMILY.build(recipe, {"label_names": ["new"], "sample_rate": model.sample_rate})
    rng, settings = np.random.default_rng(seed), recipe.settings
    inputs = frames(x, settings)
    for _ in range(n_steps):
        rows = rng.integers(0, len(inputs), 16)
        fresh.network.train_on_batch(inputs[rows], y[rows, None].astype(np.float32))
    fresh.network.optimizer.finalize_variable_values(fresh.network.trainable_variables)
    scores = fresh.probabilities(test)[:, 0]
    keras.backend.clear_session()
    return scores


# --- recordings of the world -----------------------------------------------------------------------------


def real(
    model: Tagger, places: Sequence[tuple[str, Path]], *, longest_s: float = 30.0
) -> Iterator[dict[str, Any]]:
    """Yield what the network says of each recording: its tags, and which of three groups is the surest.

    Parameters
    ----------
    model : Tagger
        The model.
    places : sequence of (group, path)
        What the recordings are, and a file or a folder of them.
    longest_s : float
        So much of each is heard (s).
    """
    from ...signal import load_audio

    heard = set()
    for truth, place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*.*")):
            if path.resolve() in heard:
                continue  # another name for the same sound
            heard.add(path.resolve())
            try:
                x, rate = load_audio(path, sample_rate=model.sample_rate)
            except ValueError:
                continue  # a text beside the sounds
            x = x[: round(longest_s * rate)]
            # what it is, not what comes up somewhere in it: so the mean of its pieces, not the surest one
            spans = pieces(len(x), round(PIECE_S * rate), round(rate / 10))
            P = np.mean([model.inside(x[start:end])[0] for start, end in spans], axis=0)
            groups = {g: max(float(P[TAG_NAMES.index(n)]) for n in names) for g, names in GROUPS.items()}
            yield {
                "file": path.name,
                "truth": truth,
                "group": max(groups, key=lambda g: groups[g]),
                **{name: f"{p:.3f}" for name, p in groups.items()},
                "tags": "; ".join(f"{name} {p:.2f}" for name, p in model.tags(x).items()),
            }


def _place(text: str) -> tuple[str, Path]:
    group, equals, path = text.partition("=")
    if not equals or group not in GROUPS:
        raise argparse.ArgumentTypeError(f"{text!r} is not GROUP=PATH with a group of {', '.join(GROUPS)}")
    return group, Path(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m audio_edu.recognition.tagging.experiments")
    parser.add_argument("what", choices=("baselines", "transfer", "real"))
    parser.add_argument("--checkpoint", default="tagging", metavar="NAME")
    parser.add_argument("--data", nargs="+", type=_place, default=[], help="GROUP=PATH, for `real`")
    parser.add_argument("--out", type=Path, help="the table; default: beside the checkpoints")
    args = parser.parse_args(argv)
    name = {"baselines": "tag_scores.csv", "transfer": "transfer.csv", "real": "real.csv"}[args.what]
    if args.what == "baselines":
        rows = baselines()
    else:
        model = load_tagging(args.checkpoint)
        rows = transfer(model) if args.what == "transfer" else real(model, args.data)
    out = args.out or checkpoint_dir() / name
    print(f"{write_table(out, rows)} rows: {out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
