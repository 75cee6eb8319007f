"""The measurements of chapter 22 that take longer than a page may: maps to the test, probes, least changes.

``python -m audio_edu.applications.inspect.experiments saliency sounding sanity probes changes``
"""

import argparse
import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import soundfile as sf
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ...datasets import Corpus, load_digits
from ...metrics import speaker_interval
from ...recognition import load_attention, load_cnn, load_rnn
from ...signal import mu_law_decode, mu_law_encode
from ...training import as_array, checkpoint_dir, write_table
from ..features import pool_frames
from .counterfactual import least_change, logits_of_samples
from .saliency import SALIENCY_MAPS, saliency_map, test_curve, top_cells
from .speakers import pitch_track

Row = dict[str, Any]
SHARES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
LAYERS = ("input", "relu1", "relu3", "pool", "logits")
SEED = 22


def scored(key: str, value: float, low_high: Sequence[float], digits: int = 4, prefix: str = "") -> Row:
    """Return the columns of a score and its interval."""
    names = (key, f"{prefix}low", f"{prefix}high")
    return {name: f"{v:.{digits}f}" for name, v in zip(names, (value, *low_high), strict=True)}


def maps_of(network: Any, x: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return all maps of clips, and two orders that know nothing of the network."""
    maps = {kind: saliency_map(network, x, labels, kind=kind) for kind in SALIENCY_MAPS}
    maps["loudest first"] = x[..., :-1]
    maps["random"] = np.random.default_rng(SEED).random(x[..., :-1].shape, np.float32)
    return maps


@cache
def studied() -> tuple[Any, Corpus, np.ndarray, dict[str, np.ndarray]]:
    """Return the recogniser, 40 words of all test voices and digits, their features and their maps."""
    model, test = load_cnn(), load_digits().test
    words = test.select(np.flatnonzero(test.info["take"] == 0)[::7])
    x = model.features(words.audio)
    return model, words, x, maps_of(model.network, x, words.labels)


def saliency() -> Iterator[Row]:
    """Yield a row for each map, test and filling: the curve's mean, and the area with its interval."""
    network, words, x, maps = studied()
    labels = words.labels
    for name, order in maps.items():
        for fill in ("mean", "floor"):
            for test in ("deletion", "insertion"):
                curves = test_curve(network.network, x, labels, order, SHARES, test=test, fill=fill)
                area = np.trapezoid(curves, SHARES, axis=1)
                row = {"map": name, "fill": fill, "test": test, "n": len(words)}
                row |= scored("area", area.mean(), speaker_interval(area, words.info["speaker"]))
                yield row | {
                    f"at {s:g}": f"{p:.4f}" for s, p in zip(SHARES, curves.mean(axis=0), strict=True)
                }


def sounding() -> Iterator[Row]:
    """Yield what the network makes of words of which only a tenth of the cells sounds."""
    from ...recognition.cnn import apply_mask

    (model, words, x, maps), share = studied(), 0.1
    labels = words.labels
    for name, order in maps.items():
        chosen = top_cells(order, x[..., -1], share)
        cut = [apply_mask(clip, mask) for clip, mask in zip(words.audio, chosen, strict=True)]
        right = (model.probabilities(cut).argmax(axis=1) == labels).astype(float)
        row = {"map": name, "share": share, "n": len(words)}
        yield row | scored("right", right.mean(), speaker_interval(right, words.info["speaker"]))


def randomize_layers(network: keras.Model, n_layers: int, *, seed: int = SEED) -> keras.Model:
    """Return a copy whose last layers with weights, each with the normalization behind it, are drawn anew."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    rng, layers = np.random.default_rng(seed), {each.name: each for each in copy.layers}
    weighted = [each for name, each in layers.items() if each.weights and "norm" not in name]
    for layer in reversed(weighted[-n_layers:]):
        kernel, *rest = layer.get_weights()
        # with the spread that the learned weights have
        layer.set_weights([rng.normal(0, kernel.std(), kernel.shape), *map(np.zeros_like, rest)])
        if norm := layers.get(layer.name.replace("conv", "norm") if "conv" in layer.name else ""):
            norm.set_weights(
                [np.full_like(w, v) for w, v in zip(norm.get_weights(), (1, 0, 0, 1), strict=True)]
            )
    return copy


def rank_correlation(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of two maps of each clip, over the cells of the word."""
    pairs = zip(a, b, mask > 0, strict=True)
    return np.array([spearmanr(u[m].ravel(), v[m].ravel()).statistic for u, v, m in pairs])


def sanity() -> Iterator[Row]:
    """Yield the rank correlation of the maps of the trained network and of one with random last layers."""
    model, words, x, before = studied()
    every_second = np.arange(0, len(words), 2)
    words, x = words.select(every_second), x[every_second]
    before = {name: heat[every_second] for name, heat in before.items()}
    for n_layers in (1, 3, 6):
        after = maps_of(randomize_layers(model.network, n_layers, seed=SEED), x, words.labels)
        for name in SALIENCY_MAPS:
            for sign, f in (("signed", np.asarray), ("absolute", np.abs)):
                found = rank_correlation(f(before[name]), f(after[name]), x[..., -1])
                found = np.nan_to_num(found)
                row = {"map": name, "values": sign, "random layers": n_layers, "n": len(words)}
                yield row | scored(
                    "correlation", found.mean(), speaker_interval(found, words.info["speaker"])
                )


def layer_features(network: keras.Model, x: np.ndarray, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """Return what layers, or the ``"input"``, make of clips [shape=(n_clips, n_features)].

    Time is pooled as in `pool_frames` (mean, spread, thirds) over the frames of the word.
    """
    body = keras.Model(network.input, {n: network.get_layer(n).output for n in layers if n != "input"})
    rows: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    for begin in range(0, len(x), 256):
        part = x[begin : begin + 256]
        seen = {"input": part[..., :-1]}
        seen |= {name: as_array(each) for name, each in body(part, training=False).items()}
        for name in layers:
            for value, mask in zip(seen[name], part[..., -1], strict=True):
                if value.ndim > 1:  # the word's part of a layer whose frames may be fewer than the features'
                    end = max(1, int(np.ceil(mask.sum() * len(value) / len(mask))))
                    value = pool_frames(value[:end].reshape(end, -1))
                rows[name].append(value)
    return {name: np.stack(found) for name, found in rows.items()}


def probe(x: np.ndarray, y: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Fit a linear probe to some clips; return what it says of the others.

    Every layer is first brought to its 64 main directions (PCA), so that all probes are equally large.
    Classes are read by softmax regression, numbers (floats) by ridge regression.
    """
    model = RidgeCV(np.logspace(-2, 4, 13)) if y.dtype.kind == "f" else LogisticRegression(max_iter=2000)
    main = PCA(min(64, train.sum(), x.shape[1]), svd_solver="full")
    return make_pipeline(StandardScaler(), main, model).fit(x[train], y[train]).predict(x[~train])


def untrained(network: keras.Model, x: np.ndarray) -> keras.Model:
    """Return a copy with random weights, its normalization measured on clips: all but the learning."""
    keras.utils.set_random_seed(SEED)
    copy = keras.models.clone_model(network)
    for _ in range(30):  # momentum 0.9: what is left of the beginning is 4 %
        copy(x.astype(np.float32), training=True)
    return copy


def random_labels(types: np.ndarray, n_classes: int) -> np.ndarray:
    """Give each *type* a random label: the control task, in which nothing but the types can be learned."""
    names, index = np.unique(types, return_inverse=True)
    return np.random.default_rng(SEED).integers(n_classes, size=len(names))[index]


def probes() -> Iterator[Row]:
    """Yield what linear probes read from every layer, trained and untrained, of voices it did not learn from.

    That a linear classifier *can* find a thing does not say that the network uses it (Alain and Bengio 2016);
    the control task only memory can solve (Hewitt and Liang 2019).

    Word: split by voice. Speaker: the probe learns from seven digits and is asked the other three. Control:
    each word of each voice has a random label; two takes to learn from, the third is asked; beside it the
    true word with the same split. Pitch and level: R², split by voice.
    """
    corpus = load_digits().test
    model = load_cnn()
    x = model.features(corpus.audio)
    voices = np.unique(corpus.voices)
    by_voice = np.isin(corpus.voices, voices[::2])
    by_digit, by_take = corpus.labels < 7, corpus.info["take"] < 2
    types = np.char.add(corpus.voices, corpus.labels.astype(str))
    tracks = [pitch_track(c, frame_length=512, highest_hz=400.0) for c in corpus.audio]  # words are short
    pitch = np.array([np.log2(np.median(f0_hz[e > np.median(e)])) for f0_hz, e in tracks])
    level = np.array([10 * np.log10(np.mean(np.square(c))) for c in corpus.audio])
    speaker = corpus.info["speaker"]
    tasks: dict[str, tuple[np.ndarray, np.ndarray]] = {
        "word": (corpus.labels, by_voice),
        "speaker": (speaker, by_digit),
        "word, by take": (corpus.labels, by_take),
        "control, by take": (random_labels(types, 10), by_take),
    }
    networks = {"trained": model.network, "untrained": untrained(model.network, x[::4])}
    for kind, network in networks.items():
        layers = LAYERS if kind == "trained" else LAYERS[2:4]
        for layer, rows in layer_features(network, x, layers).items():
            row = {"network": kind, "layer": layer}
            for task, (target, train) in tasks.items():
                right = (probe(rows, target, train) == target[~train]).astype(float)
                low_high = speaker_interval(right, corpus.voices[~train])
                yield row | {"task": task} | scored("score", right.mean(), low_high)
            for task, y in (("pitch", pitch), ("level", level)):
                r2 = r2_score(y[~by_voice], probe(rows, y, by_voice))
                yield row | {"task": task, "score": f"{r2:.4f}", "low": "", "high": ""}


def stored(x: np.ndarray, container: str, subtype: str, sample_rate: int) -> np.ndarray:
    """Write a sound into a lossy file in memory, and read it back."""
    file = io.BytesIO()
    sf.write(file, x, sample_rate, format=container, subtype=subtype)
    file.seek(0)
    return sf.read(file)[0]


def through_mp3(x: np.ndarray, sample_rate: int) -> np.ndarray:
    """Encode as MP3 and decode, with the codec's delay taken away."""
    y = stored(np.clip(x, -1, 1), "MP3", "MPEG_LAYER_III", sample_rate).astype(np.float32)
    return np.pad(y, (0, max(0, len(x) - len(y))))[: len(x)]


def changes() -> Iterator[Row]:
    """Yield what becomes of least changes: a seven of every second test voice made a one."""
    rng, test, target = np.random.default_rng(SEED), load_digits().test, 1
    words = test.select((test.labels == 7) & (test.info["take"] == 0))
    words = words.select(np.arange(0, len(words), 2))
    model, rate = load_cnn(), words.sample_rate
    logits = logits_of_samples(model)
    judges = {"rnn": load_rnn(), "attention": load_attention()}
    treatments: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "itself": lambda y: y,
        "16 bits": lambda y: np.round(y * 32767) / 32767,
        "µ-law": lambda y: mu_law_decode(mu_law_encode(y)),
        "MP3": lambda y: through_mp3(y, rate),
        "noise, 30 dB": lambda y: y + rng.standard_normal(len(y)) * np.sqrt(np.mean(y**2)) * 10**-1.5,
        "half as loud": lambda y: 0.5 * y,
    }
    for clip, label, voice in zip(words.audio, words.labels, words.voices, strict=True):
        if model.probabilities([clip])[0].argmax() != label:
            continue
        clip = clip.astype(np.float64)
        delta = least_change(logits, clip, target).astype(np.float64)
        if not delta.any():
            yield {"voice": voice, "label": label, "target": target, "snr_db": ""} | dict.fromkeys(
                [*treatments, "random", *judges, "rnn before", "attention before"], ""
            )
            continue
        snr = 10 * np.log10(np.sum(clip**2) / np.sum(delta**2))
        random = rng.standard_normal(len(clip))
        random *= np.sqrt(np.sum(delta**2) / np.sum(random**2))
        sounds = {name: f(clip + delta) for name, f in treatments.items()} | {"random": clip + random}
        said = model.probabilities(list(sounds.values())).argmax(axis=1)
        row = {"voice": voice, "label": label, "target": target, "snr_db": f"{snr:.2f}"}
        row |= dict(zip(sounds, said.tolist(), strict=True))
        for name, judge in judges.items():
            before, after = judge.probabilities([clip, clip + delta]).argmax(axis=1).tolist()
            row |= {name: after, f"{name} before": before}
        yield row


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    jobs = {f.__name__: f for f in (saliency, sounding, sanity, probes, changes)}
    parser.add_argument("what", nargs="+", choices=list(jobs))
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    args = parser.parse_args()
    for what in args.what:
        write_table(args.out / f"inspect_{what}.csv", jobs[what]())


if __name__ == "__main__":
    main()
