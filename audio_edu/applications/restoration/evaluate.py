"""Judging a restorer beside classical methods, on the same passages of speech, spoilt in the same way."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...datasets import Corpus
from ...datasets.speech import grouped_passages
from ...metrics import listener_scores, si_sdr_db
from ...recognition.changes import add_noise
from ...signal import repair, wiener_denoise
from .bandwidth import level_errors, top_up
from .data import clip_to_snr, cut_noise, first_guess, mixed
from .formulas import consistent, declip_sparse, ideal, spectral_subtraction
from .restore import Restorer

#: What each task is judged on: noises and their signal-to-noise ratios (dB), depths of clipping (dB), lengths
#: of gaps (ms).
CONDITIONS: dict[str, tuple[tuple[str, float], ...]] = {
    "denoise": (("white", 0.0), ("pink", 0.0), ("effect", 0.0), ("white", 10.0)),
    "declip": tuple(("clipped", snr_db) for snr_db in (5.0, 10.0, 20.0)),
    "fill": tuple(("gaps", ms) for ms in (5.0, 10.0, 20.0, 40.0, 80.0)),
}
#: Passages of each kind that `evaluate` listens to, and seconds from one gap to the next.
N_PASSAGES, GAP_EVERY_S = 8, 0.3
#: Of 24 pairs (factors 1 to 6; floors 0, 0.05, 0.1, 0.2) the one with the largest mean gain in SI-SDR over 96
#: mixtures of the validation split, 12 passages of each kind in all conditions.
TUNED = {"factor": 5.0, "floor": 0.05}


class Trial(NamedTuple):
    """A passage [shape=(n_samples,)], spoilt, and which of its samples were left as they were."""

    kind: str
    passage: int
    condition: str
    amount: float
    clean: np.ndarray
    spoilt: np.ndarray
    known: np.ndarray


def trials(
    task: str, corpus: Corpus, split: str, n_passages: int, kinds: Sequence[str] = ("prompts", "voices")
) -> Iterator[Trial]:
    """Yield passages of a split, each in all conditions; noise comes from the same split."""
    is_noise = corpus.info.get("source", np.full(len(corpus), "")) == "effects"
    own = np.isin(corpus.split, [split] if split != "all" else np.unique(corpus.split))
    noises = tuple(corpus.audio[i] for i in np.flatnonzero(is_noise & own))
    rate = corpus.sample_rate
    speech = corpus.select(np.flatnonzero(~is_noise))
    names = np.unique(speech.split) if split == "all" else [split]
    for name in names:
        for kind, passages in grouped_passages(speech, str(name)).items():
            if kind not in kinds:
                continue
            for i in np.unique(np.linspace(0, len(passages) - 1, n_passages).astype(int)):
                for condition, amount in CONDITIONS[task]:
                    x, key = passages[i].astype(np.float32), f"{kind} {i} {condition} {amount}"
                    rng = np.random.default_rng(zlib.crc32(key.encode()))
                    known = np.zeros(len(x), bool)
                    if task == "declip":
                        y, level = clip_to_snr(x, amount)
                        known = np.abs(y) < level
                    elif task == "fill":
                        at = int(rng.uniform(0.1, GAP_EVERY_S) * rate) + np.arange(len(x))
                        known = at % int(GAP_EVERY_S * rate) >= round(amount * rate / 1000)
                        known[: rate // 20] = known[-rate // 20 :] = True
                        y = x * known
                    elif condition == "effect":
                        if not noises:
                            continue
                        y = mixed(x, cut_noise(noises, len(x), rng), amount)
                    else:
                        y = add_noise(x, amount, rng, color={"white": 0.0, "pink": 1.0}[condition])
                    yield Trial(str(kind), int(i), condition, amount, x, y, known)


def systems(model: Restorer, alone: Restorer | None = None) -> dict[str, Callable[[Trial], np.ndarray]]:
    """Return what is compared, by name: the spoilt sound, classical methods, the network, another `alone`.

    Spectral subtraction and the Wiener filter are told the mean spectrum of the very noise, which no listener
    is; the ratio mask knows speech and noise.
    """
    rate = model.sample_rate
    if model.recipe.task == "denoise":
        return {
            "spoilt": lambda t: t.spoilt,
            "subtraction": lambda t: spectral_subtraction(t.spoilt, t.spoilt - t.clean),
            "tuned": lambda t: spectral_subtraction(t.spoilt, t.spoilt - t.clean, **TUNED),
            "wiener": lambda t: wiener_denoise(t.spoilt, rate, noise=t.spoilt - t.clean),
            "ratio mask": lambda t: ideal(t.clean, t.spoilt - t.clean, "ratio"),
            "network": lambda t: model.restore(t.spoilt),
        }
    if model.recipe.task == "declip":

        def within(t: Trial, y: np.ndarray) -> np.ndarray:
            return consistent(y, t.spoilt, float(np.abs(t.spoilt).max())).astype(np.float32)

        found = {
            "spoilt": lambda t: t.spoilt,
            "autoregressive": lambda t: within(
                t, repair(t.spoilt, ~t.known, method="ar", order=32, n_iterations=3)
            ),
            "sparse": lambda t: declip_sparse(t.spoilt, float(np.abs(t.spoilt).max())).astype(np.float32),
            "sparse, shorter": lambda t: first_guess("declip", t.spoilt, t.known),
            "network": lambda t: within(t, model.restore(t.spoilt, t.known)),
        }
        return found | ({"alone": lambda t: within(t, alone.restore(t.spoilt, t.known))} if alone else {})
    found = {
        "spoilt": lambda t: t.spoilt,
        "autoregressive": lambda t: repair(t.spoilt, ~t.known, method="ar"),
        "with noise": lambda t: top_up(
            repair(t.spoilt, ~t.known, method="ar"), ~t.known, np.random.default_rng(t.passage)
        ),
        "network": lambda t: model.restore(t.spoilt, t.known),
    }
    return found | ({"alone": lambda t: alone.restore(t.spoilt, t.known)} if alone else {})


def scores(trial: Trial, y: np.ndarray) -> dict[str, float]:
    """Return SI-SDR of the whole; of the samples that were not known SNR, and how loud they are (dB)."""
    lost = ~trial.known
    power = float(np.sum(np.square(trial.clean[lost], dtype=float))) + 1e-12
    error = float(np.sum(np.square(trial.clean[lost] - y[lost], dtype=float))) + 1e-12
    made = float(np.sum(np.square(y[lost], dtype=float))) + 1e-12
    return {
        "si_sdr_db": si_sdr_db(trial.clean, y.astype(np.float32)),
        "snr_db": 10 * np.log10(power / error),
        "level_db": max(-99.0, 10 * np.log10(made / power)),
    }


def rows(
    model: Restorer, corpus: Corpus, *, split: str = "test", n_passages: int = N_PASSAGES,
    listeners: bool = False, kinds: Sequence[str] = ("prompts", "voices"), alone: Restorer | None = None,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield the scores of each passage, condition and system; with `listeners`, PESQ and STOI as well."""
    for trial in trials(model.recipe.task, corpus, split, n_passages, kinds):
        for name, system in systems(model, alone).items():
            y = system(trial)
            row = {"kind": trial.kind, "passage": trial.passage, "condition": trial.condition}
            row |= {"amount": trial.amount, "system": name} | scores(trial, y)
            if trial.condition == "gaps":
                # in the frames whose middle was lost
                errors = level_errors(trial.clean, y)[:, np.flatnonzero(~trial.known[::64])]
                row["bands_db"] = float(np.sqrt(np.mean(errors**2))) if errors.size else np.nan
            if listeners:
                heard = listener_scores(trial.clean, y.astype(np.float32), model.sample_rate)
                row |= {"pesq": np.nan, "stoi": np.nan} | heard
            yield row


def evaluate(model: Restorer, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a restorer beside classical methods.

    Parameters
    ----------
    model : Restorer
        The restorer.
    corpus : Corpus
        Speech and noises; see `load_pairs`.
    split : {"train", "validation", "test", "all"}
        Which of it.
    judge : optional
        Not asked; other families need one.

    Returns
    -------
    dict
        By kind of passage, condition and amount (dB, or ms of a gap) the mean of each system: the gain in
        SI-SDR (dB) of a denoiser, otherwise the SNR (dB) of the samples that were not known.
    """
    return summary(rows(model, corpus, split=split), model.recipe.task)


def summary(table: Iterable[Mapping[str, Any]], task: str) -> dict[str, Any]:
    """Return the means that `evaluate` reports of a table that `rows` made."""
    found: dict[str, dict[str, list[float]]] = {}
    before = 0.0
    for row in table:
        if row["system"] == "spoilt":
            before = float(row["si_sdr_db"])
        value = float(row["si_sdr_db"]) - before if task == "denoise" else float(row["snr_db"])
        case = found.setdefault(f"{row['kind']}_{row['condition']}_{float(row['amount']):g}", {})
        case.setdefault(row["system"], []).append(value)
    return {
        case: {name: round(float(np.mean(values)), 2) for name, values in of_it.items()}
        for case, of_it in found.items()
    }
