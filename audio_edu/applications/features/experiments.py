"""The measurements behind chapter 18's tables: ``python -m audio_edu.applications.features.experiments``.

``likelihoods``
    ``likelihoods.csv``: the log-likelihood of test words given each digit by the shipped WaveNet, and what
    the CNN says of the same words: one take of each digit of every second unseen voice of ``data/digits``;
    and, with ``--data PATH``, real people (FSDD, take 0).
``labels``
    ``few_labels.csv``: a linear probe on each feature with 1, 5, 20 and all labels a class; words (one take
    of each digit of every second development voice; tested on unseen ones) and notes (development presets;
    tested on the others).
``scratch``
    ``few_labels_scratch.csv``: chapter 5's network, begun anew on the same labelled words as the probes
    (draws 0 to 2 of each number), with the clips as they are and with changed copies of them.
``leaks``
    ``leaks.csv``: the same probe on the same clips, split at random and split by speaker or preset, with as
    many clips of each class in every part as can be.
``edits``
    ``edits.csv``: what moves in notes of unseen presets along directions of the VAE's latent space, one
    note of each preset: measured on the sounds, before and after.
``search``
    ``retrieval.csv``: precision at 1 and at 10, of words and of notes.
"""

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Corpus, load_digits, load_fsdd, load_notes
from ...generation import load_gan, load_vae, load_wavenet
from ...generation.vae import Vae, note_features
from ...metrics import fitted_svm, speaker_interval
from ...recognition import Augmentation, augmented_features, load_cnn, speech_features
from ...recognition.cnn.family import FAMILY as CNN_FAMILY
from ...recognition.cnn.recipe import CnnRecipe
from ...recognition.data import mix_up
from ...reproducible import SEED
from ...signal import mfcc
from ...training import as_array, checkpoint_dir, write_table
from .edit import NOTE_ATTRIBUTES, measure_note
from .embed import WORD_FEATURES, note_embeddings, pool_frames, word_embeddings
from .formulas import edit_directions, neighbours, precision_at_k
from .recognize import sample_log_likelihoods

#: How far notes are moved: half an octave brighter, twice the attack, 6 dB more decay.
AMOUNTS = {"brightness": 0.5, "attack": 1.0, "decay": 6.0}
N_LABELS = (1, 5, 20)
N_DRAWS = 20
#: From scratch: draws; changed copies of each clip; clips in a batch; updates by labels a class (0: all); and
#: of two longer trainings, of one draw each.
N_SCRATCH, N_COPIES, BATCH_SIZE = 3, 6, 32
N_STEPS, N_LONGER = {1: 100, 5: 150, 20: 200, 0: 400}, {5: 600, 20: 600}
Row = dict[str, Any]
#: By task: what is learned from, what is asked, and by name the features of both.
Features = dict[str, tuple[Corpus, Corpus, dict[str, Any]]]


# --- a WaveNet as a recogniser ---------------------------------------------------------------------------


def one_take(corpus: Corpus) -> Corpus:
    """Return the first take of each digit of each voice."""
    return corpus.select(corpus.info["take"] == 0)


def likelihoods(data: Path | None) -> Iterator[Row]:
    """Yield a row for each word."""
    model, cnn, unseen = load_wavenet(), load_cnn(), one_take(load_digits().test)
    unseen = unseen.select(np.isin(unseen.voices, np.unique(unseen.voices)[::2]))
    parts = {"synthetic": unseen} | ({"people": one_take(load_fsdd(data))} if data else {})
    for name, corpus in parts.items():
        p = cnn.probabilities(corpus.audio)
        of_samples = sample_log_likelihoods(model, corpus.audio)
        for i, clip in enumerate(corpus.audio):
            total = of_samples[i].sum(axis=1)
            row = {"words": name, "voice": corpus.voices[i], "digit": corpus.labels[i], "samples": len(clip)}
            row |= {f"wavenet{d}": f"{v:.1f}" for d, v in enumerate(total)}
            yield row | {f"cnn{d}": f"{v:.5f}" for d, v in enumerate(p[i])}


# --- few labels ------------------------------------------------------------------------------------------


def probe(x: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the classes that a linear classifier, fitted to a few rows, gives others."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, labels).predict(test)


def draw_labelled(labels: np.ndarray, n: int, draw: int) -> np.ndarray:
    """Return `n` rows of each class, at random."""
    rng = np.random.default_rng((SEED, n, draw))
    return np.concatenate(
        [rng.choice(np.flatnonzero(labels == label), n, replace=False) for label in np.unique(labels)]
    )


def labels(features: Features) -> Iterator[Row]:
    """Yield an accuracy for each task, feature, number of labels and draw."""
    for task, (train, test, seen) in features.items():
        for name, (x, x_test) in seen.items():
            for n in (*N_LABELS, 0):  # 0: all
                for draw in range(N_DRAWS if n else 1):
                    rows = draw_labelled(train.labels, n, draw) if n else np.arange(len(train))
                    right = probe(x[rows], train.labels[rows], x_test) == test.labels
                    row = {"task": task, "feature": name, "n": n or "all", "draw": draw}
                    yield row | _scores(right, test.voices)


def scratch() -> Iterator[Row]:
    """Yield an accuracy for each number of labels, draw and way to train chapter 5's network anew.

    The recipe is that of the shipped network (dropout, weight decay, label smoothing, averaged weights) but
    for the clips, the batch and the number of updates; all draws begin with the same random weights.
    ``changed``: the shipped network's augmentation and mixup, `N_COPIES` copies of each clip made once;
    ``plain``: the clips as they are, as the probes get them. ``changed, longer``: more updates, `N_LONGER`.
    """
    train, test = corpora()["words"]
    rng, targets = np.random.default_rng(SEED), np.eye(len(train.label_names), dtype=np.float32)[train.labels]
    copies = np.stack([augmented_features(train.audio, rng) for _ in range(N_COPIES)])
    ways = {"changed": (copies, Augmentation().mixup), "plain": (speech_features(train.audio)[None], 0.0)}
    longer = {"changed, longer": ways["changed"]}
    plans = [(n, n_steps, ways, N_SCRATCH if n else 1) for n, n_steps in N_STEPS.items()]
    plans += [(n, n_steps, longer, 1) for n, n_steps in N_LONGER.items()]
    for n, n_steps, some_ways, n_draws in plans:
        recipe = CnnRecipe(n_steps=n_steps, batch_size=BATCH_SIZE, ema_decay=0.95)
        model = CNN_FAMILY.build(recipe, CNN_FAMILY.facts(recipe, train))
        model.network.optimizer.build(model.network.trainable_variables)
        first = [as_array(variable) for variable in model.state]
        for (name, (versions, mixup)), draw in itertools.product(some_ways.items(), range(n_draws)):
            rows = draw_labelled(train.labels, n, draw) if n else np.arange(len(train))
            for variable, value in zip(model.state, first, strict=True):
                variable.assign(value)
            for step in range(n_steps):
                rng = np.random.default_rng((draw, step))
                some = rng.choice(rows, BATCH_SIZE)
                x = versions[rng.integers(0, len(versions), BATCH_SIZE), some]
                model.train_on_batch(*mix_up(x, targets[some], mixup, rng))
            model.network.optimizer.finalize_variable_values(model.network.trainable_variables)
            right = model.probabilities(test.audio).argmax(axis=1) == test.labels
            row = {"task": "words", "feature": f"from scratch, {name}", "n": n or "all", "draw": draw}
            yield row | _scores(right, test.voices)


def leaks(features: Features) -> Iterator[Row]:
    """Yield accuracies with all clips in four parts, each asked of a probe fitted to the other three.

    ``random``: the parts are drawn from all clips. ``groups``: no speaker (of words) or preset (of notes) is
    in two parts. Clips, their number and the probe are the same.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    for task, (train, test, seen) in features.items():
        y, groups = (np.concatenate(pair) for pair in ((train.labels, test.labels), _groups(train, test)))
        for name, both in seen.items():
            x = np.concatenate(both)
            for split, parts in (
                ("random", StratifiedKFold(4, shuffle=True, random_state=0)),
                ("groups", StratifiedGroupKFold(4)),
            ):
                right = np.zeros(len(y), bool)
                for learn, asked in parts.split(x, y, groups):
                    right[asked] = probe(x[learn], y[learn], x[asked]) == y[asked]
                yield {"task": task, "split": split, "feature": name} | _scores(right, groups)


def _groups(*corpora: Corpus) -> list[np.ndarray]:
    return [part.info.get("speaker", part.voices) for part in corpora]


def _scores(right: np.ndarray, voices: np.ndarray) -> Row:
    low, high = speaker_interval(right.astype(float), voices)
    return {"accuracy": f"{right.mean():.4f}", "low": f"{low:.4f}", "high": f"{high:.4f}"}


def corpora() -> dict[str, tuple[Corpus, Corpus]]:
    """Return what is learned from and what is asked, by task."""
    digits, notes = load_digits(), load_notes()
    train = one_take(digits.development)
    train = train.select(np.isin(train.voices, np.unique(train.voices)[::2]))
    return {"words": (train, one_take(digits.test)), "notes": (notes.development, notes.test)}


def all_features() -> Features:
    """Compute the features of both parts, by name, for words and for notes."""
    (train, test), (notes, unseen) = corpora().values()
    models = {"WaveNet": load_wavenet(), "GAN critic": load_gan()}
    of_words = {
        name: tuple(
            word_embeddings(name, part.audio, model=models.get(name), fit=train.audio)
            for part in (train, test)
        )
        for name in WORD_FEATURES
    }
    both = [note_embeddings(part, load_vae(), notes) for part in (notes, unseen)]
    of_notes = {name: (both[0][name], both[1][name]) for name in both[0]}
    return {"words": (train, test, of_words), "notes": (notes, unseen, of_notes)}


# --- retrieval -------------------------------------------------------------------------------------------


def search(features: Features) -> Iterator[Row]:
    """Yield precision for each task and feature.

    Words: among the test words of *other* speakers, those of the same digit. Notes: among the development
    notes, all of other presets, those of the same instrument.
    """
    for task, (train, test, seen) in features.items():
        (groups,) = _groups(test)
        for name, (of_train, of_test) in seen.items():
            if task == "words":
                reference, pool = of_test, test
                allowed = groups[:, None] != groups
            else:
                reference, pool, allowed = of_train, train, None
            relevant = test.labels[:, None] == pool.labels
            found = neighbours(of_test, reference, allowed)
            for k in (1, 10):
                yield _row(task, f"precision at {k}", name, precision_at_k(found, relevant, k), groups)


def _row(task: str, what: str, name: str, values: np.ndarray, voices: np.ndarray) -> Row:
    low, high = speaker_interval(values, voices)
    row = {"task": task, "what": what, "feature": name, "value": f"{values.mean():.4f}"}
    return row | {"low": f"{low:.4f}", "high": f"{high:.4f}"}


# --- editing ---------------------------------------------------------------------------------------------


def edits() -> Iterator[Row]:
    """Yield a row for each unseen preset and edit: by how much everything measured has changed."""
    notes, vae = load_notes(), load_vae()
    train, test = notes.development, notes.test
    z_train = note_means(vae, train)
    steepest, alone = edit_directions(z_train, attributes_of(train))
    judge = fitted_svm(_judged(train.audio, train.sample_rate), train.labels)
    names = list(NOTE_ATTRIBUTES)
    for voice in dict.fromkeys(test.voices):
        rows = np.flatnonzero((test.voices == voice) & (test.info["velocity"] == 80))
        row = rows[len(rows) // 2]
        pitch, label = float(test.info["pitch"][row]), test.labels[row]
        z = note_means(vae, test.select(np.array([row])))[0]
        moved = {("none", ""): z}
        for name, amount in AMOUNTS.items():
            for way, directions in (("steepest", steepest), ("alone", alone)):
                moved[name, way] = z + amount * directions[names.index(name)]
        goal = another_instrument(vae, label, pitch)
        moved["instrument", goal] = z + vae.instruments.at(goal, pitch) - middle_of(vae, label, pitch)
        before: dict[str, float] = {}
        for (name, way), place in moved.items():
            x = vae.to_audio(place.astype(np.float32), pitch)
            found = measure_note(x, vae.sample_rate, pitch=pitch)
            before = before or found
            change = {key: f"{found[key] - before[key]:.3f}" for key in found}
            judged = train.label_names[judge.predict(_judged([x], vae.sample_rate))[0]]
            yield {"voice": voice, "edit": name, "way": way} | change | {"judged": judged}


def note_means(vae: Vae, corpus: Corpus) -> np.ndarray:
    """Return μ of notes."""
    pitches = corpus.info["pitch"].astype(float)
    return vae.encode(note_features(corpus.audio, pitches), pitches)[0]


def attributes_of(corpus: Corpus) -> np.ndarray:
    """Return `NOTE_ATTRIBUTES` of the recordings [shape=(n_clips, n_attributes)]."""
    found = [
        measure_note(x, corpus.sample_rate, pitch=float(pitch))
        for x, pitch in zip(corpus.audio, corpus.info["pitch"], strict=True)
    ]
    return np.array([[each[name] for name in NOTE_ATTRIBUTES] for each in found])


def middle_of(vae: Vae, label: int, pitch: float) -> np.ndarray:
    """Return the middle of an instrument's training notes, at the nearest pitch that it has."""
    name = vae.label_names[label]
    return vae.instruments.at(name, float(np.clip(pitch, *vae.instruments.range_of(name))))


def another_instrument(vae: Vae, label: int, pitch: float) -> str:
    """Return the next instrument of the list, round and round, that can play a pitch."""
    names = vae.label_names
    for name in names[label + 1 :] + names[:label]:
        low, high = vae.instruments.range_of(name)
        if low <= pitch <= high:
            return name
    raise ValueError(f"no instrument plays {pitch}.")


def _judged(clips: Sequence[np.ndarray], sample_rate: int) -> np.ndarray:
    return np.stack([pool_frames(mfcc(x, sample_rate, n_mfcc=20, n_fft=512).T) for x in clips])


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    choices = ("likelihoods", "labels", "scratch", "leaks", "search", "edits")
    parser.add_argument("what", nargs="+", choices=choices)
    parser.add_argument("--data", type=Path, help="FSDD, a folder or an archive, for `likelihoods`")
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    args = parser.parse_args()
    features = all_features() if set(args.what) & {"labels", "leaks", "search"} else {}
    names = {"labels": "few_labels", "scratch": "few_labels_scratch", "search": "retrieval"}
    for what in args.what:
        rows = {
            "likelihoods": lambda: likelihoods(args.data),
            "labels": lambda: labels(features),
            "scratch": scratch,
            "leaks": lambda: leaks(features),
            "edits": edits,
            "search": lambda: search(features),
        }[what]()
        write_table(args.out / f"{names.get(what, what)}.csv", rows)


if __name__ == "__main__":
    main()
