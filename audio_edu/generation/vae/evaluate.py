"""Judging a VAE: ``audio-edu evaluate vae --json``.

All on the test notes: presets and pitches that were not trained on. Beside every number of the VAE stands
that of probabilistic PCA with as many latent numbers, which sees the same pictures. Its ``log p(x)`` is
exact; the VAE's ELBO is a bound below its own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._validate import check_positive, checked
from ...datasets import Corpus
from ...metrics import fitted_svm
from ...reproducible import SEED
from ...signal import note_pitch, rms_db
from .features import note_features, notes_from_features
from .generate import Vae, generate
from .pca import Pca

#: A latent number is in use if its posterior mean varies more than this (Burda and others, 2016).
ACTIVE = 0.01


@checked
def active_units(mean: np.ndarray) -> int:
    """Count the latent numbers in use: those whose posterior mean has a variance above 0.01 over the clips.

    Parameters
    ----------
    mean : np.ndarray [shape=(n_clips, n_z)]
        μ(x).

    Examples
    --------
    >>> active_units(np.array([[1.0, 0.0], [-1.0, 0.01]]))
    1
    """
    return int(np.sum(np.var(mean, axis=0) > ACTIVE))


@checked
def instrument_accuracy(
    train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray
) -> float:
    """Return the share of notes whose instrument a linear classifier reads off some numbers.

    Parameters
    ----------
    train, test : np.ndarray [shape=(n_clips, n)]
        The numbers: μ(x), or coordinates of the PCA.
    train_labels, test_labels : np.ndarray [shape=(n_clips,)]
        The instruments.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return float(model.fit(train, train_labels).score(test, test_labels))


@checked
def interpolate(
    model: Vae, pictures: np.ndarray, pitches: np.ndarray, n_steps: int = 11
) -> tuple[np.ndarray, np.ndarray]:
    """Go in a straight line from one note's μ to another's, and from one's pitch to the other's.

    Parameters
    ----------
    model : Vae
    pictures : np.ndarray [shape=(2, n_bands, n_frames)]
        Where to start and where to end.
    pitches : np.ndarray [shape=(2,)]
        Their MIDI numbers.
    n_steps : int
        Places on the way, both ends included.

    Returns
    -------
    z : np.ndarray [shape=(n_steps, n_z)]
    pitches : np.ndarray [shape=(n_steps,)]
    """
    check_positive(n_steps, "n_steps", integer=True)
    mean, _ = model.encode(pictures, pitches)
    share = np.linspace(0, 1, n_steps, dtype=np.float32)[:, np.newaxis]
    return (1 - share) * mean[0] + share * mean[1], np.linspace(pitches[0], pitches[1], n_steps)


@checked
def interpolation_report(model: Vae, z: np.ndarray, pitches: np.ndarray) -> dict[str, float]:
    """Say how even an interpolation is, by the decoded pictures h(z).

    Parameters
    ----------
    model : Vae
    z, pitches : np.ndarray [shape=(n_steps, n_z)], [shape=(n_steps,)]
        From `interpolate`.

    Returns
    -------
    dict
        ``largest_step``: the largest RMS difference of two neighbours, relative to the mean step (1 is
        perfectly even); ``detour``: the sum of all steps, relative to the RMS difference of the two ends (1
        is a cross-fade of the two pictures, the shortest way there is); ``level_dip_db``: how far the level
        falls below the straight line between the levels of the ends, at worst.
    """
    pictures = model.decode(z, pitches)
    steps = np.sqrt(np.mean(np.square(np.diff(pictures, axis=0)), axis=(1, 2)))
    direct = np.sqrt(np.mean(np.square(pictures[-1] - pictures[0])))
    floor_db = model.settings.floor_db
    level = floor_db + 10 * np.log10(np.sum(10.0**pictures - 1, axis=1).mean(axis=1) + 1e-9)
    line = np.linspace(level[0], level[-1], len(level))
    return {
        "largest_step": float(steps.max() / max(steps.mean(), 1e-9)),
        "detour": float(steps.sum() / max(direct, 1e-9)),
        "level_dip_db": float(np.max(line - level)),
    }


@checked
def evaluate(
    model: Vae, corpus: Corpus, *, split: str = "test", judge: Any = None, n_sounds: int = 48
) -> dict[str, Any]:
    """Judge a VAE on the notes of a split, beside PCA.

    Parameters
    ----------
    model : Vae
        To be judged.
    corpus : Corpus
        The PCA is fitted to its notes for training and validation.
    split : str
        The notes judged.
    judge : optional
        Not asked; other families need one.
    n_sounds : int
        So many of them, and as many generated ones, are made audible to measure pitch and level; half as many
        interpolations go between pairs of them, drawn at random.

    Returns
    -------
    dict
        Numbers as JSON can hold them. Those that end in ``_nats`` are means over notes.
    """
    train, test, settings = corpus.development, corpus.part(split), model.settings
    x_train, x = (note_features(part.audio, part.info["pitch"], settings) for part in (train, test))
    pitch_train, pitch = (np.asarray(part.info["pitch"], np.float64) for part in (train, test))
    reconstruction, kl = model.elbo(x, pitch)
    mean, _ = model.encode(x, pitch)
    mean_train, _ = model.encode(x_train, pitch_train)
    decoded = model.decode(mean, pitch)

    report: dict[str, Any] = {
        "n_notes": len(test),
        "n_z": model.n_z,
        "elbo_nats": float(np.mean(reconstruction - kl.sum(axis=1))),
        "reconstruction_nats": float(np.mean(reconstruction)),
        "kl_nats": float(kl.sum(axis=1).mean()),
        "kl_per_dimension_nats": [round(float(v), 2) for v in kl.mean(axis=0)],
        "active_units": active_units(mean),
        "rms_error_db": _rms_db(decoded - x),
        "instrument_from_z": instrument_accuracy(mean_train, train.labels, mean, test.labels),
    }
    report |= _baselines(model, x_train, train.labels, x, test.labels)

    rng = np.random.default_rng(SEED)
    rows = np.sort(rng.permutation(len(test))[:n_sounds])
    originals = _pitch_and_level([test.audio[i] for i in rows], pitch[rows], model.sample_rate)
    for name, pictures in (("inversion", x[rows]), ("reconstruction", decoded[rows])):
        sounds = notes_from_features(pictures, pitch[rows], settings)
        difference = _pitch_and_level(sounds, pitch[rows], model.sample_rate) - originals
        cents = 100 * np.abs(difference[0])
        report[f"{name}_pitch_error_cents"] = float(np.median(cents))
        report[f"{name}_within_20_cents"] = float(np.mean(cents <= 20))
        report[f"{name}_level_error_db"] = float(np.median(difference[1]))
    report |= _generated(model, rng, n_sounds, train.label_names, (x_train, train.labels), (x, test.labels))
    ways = []
    for _ in range(n_sounds // 2):
        pair = rng.permutation(len(test))[:2]
        ways.append(interpolation_report(model, *interpolate(model, x[pair], pitch[pair])))
    for key in ways[0]:
        report[f"interpolation_{key}"] = float(np.median([way[key] for way in ways]))
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in report.items()}


def _baselines(
    model: Vae, x_train: np.ndarray, train_labels: np.ndarray, x: np.ndarray, test_labels: np.ndarray
) -> dict[str, float]:
    """A Gaussian for each value without any z, and PCA with as many numbers; the pitch is not counted."""
    n_z = model.n_z
    m, s = x_train.mean(axis=0), np.maximum(x_train.std(axis=0), 0.05)
    gaussian = -0.5 * (np.square((x - m) / s) + np.log(2 * np.pi * s**2)).sum(axis=(1, 2))
    pca = Pca.fit(x_train, min(256, len(x_train) - 1))
    in_train, in_test = (pca.transform(part)[:, :n_z] for part in (x_train, x))
    with_best_sigma = max(
        float(pca.log_likelihood(x, n_z, sigma=s).mean()) for s in np.arange(0.3, 1.0, 0.01)
    )
    return {
        "gaussian_nats": float(gaussian.mean()),
        "gaussian_rms_error_db": _rms_db(x - m),
        "pca_nats": float(pca.log_likelihood(x, n_z).mean()),
        "pca_nats_with_the_sigma_best_for_the_test": with_best_sigma,
        "pca_rms_error_db": _rms_db(pca.reconstruct(x, n_z) - x),
        "pca_with_one_more_rms_error_db": _rms_db(pca.reconstruct(x, n_z + 1) - x),
        "instrument_from_pca": instrument_accuracy(in_train, train_labels, in_test, test_labels),
    }


def _generated(
    model: Vae, rng: np.random.Generator, n: int, label_names: Sequence[str], train: Any, test: Any
) -> dict[str, float]:
    """How generated notes sound: pitch, level, and what a judge that knows only real notes takes them for."""
    classifier = fitted_svm(_coarse(train[0]), train[1])
    instruments, pitches, sounds, recognized = model.instruments, [], [], []
    for i in range(n):
        name = instruments.names[i % len(instruments.names)]
        low, high = instruments.range_of(name)
        pitch = float(rng.integers(np.ceil(low), np.floor(high) + 1))
        x = generate(model, instrument=name, pitch=pitch, seed=int(rng.integers(1 << 31)))
        answer = classifier.predict(_coarse(note_features([x], [pitch], model.settings)))[0]
        pitches.append(pitch)
        sounds.append(x)
        recognized.append(label_names[answer] == name)
    found, level = _pitch_and_level(sounds, pitches, model.sample_rate)
    cents = 100 * np.abs(found - pitches)
    return {
        "generated_pitch_error_cents": float(np.median(cents)),
        "generated_within_20_cents": float(np.mean(cents <= 20)),
        "generated_level_db": float(np.median(level)),
        "generated_recognized": float(np.mean(recognized)),
        "judge_on_real_test_notes": float(classifier.score(_coarse(test[0]), test[1])),
    }


def _coarse(pictures: np.ndarray) -> np.ndarray:
    """Average over tiles of 8 bands and 4 frames [shape=(n, n_tiles)]."""
    n, n_bands, n_frames = pictures.shape
    tiles = pictures[:, : n_bands // 8 * 8, : n_frames // 4 * 4].reshape(n, n_bands // 8, 8, n_frames // 4, 4)
    return tiles.mean(axis=(2, 4)).reshape(n, -1)


def _pitch_and_level(sounds: Sequence[np.ndarray], pitches: Sequence[float], sample_rate: int) -> np.ndarray:
    """Measure each sound: MIDI number, looked for near the one expected, and level in dB [shape=(2, n)]."""
    found = [note_pitch(x, sample_rate, near=float(p)) for x, p in zip(sounds, pitches, strict=True)]
    return np.array([found, [max(rms_db(x), -120.0) for x in sounds]])


def _rms_db(difference_bel: np.ndarray) -> float:
    return float(10 * np.sqrt(np.mean(np.square(difference_bel))))
