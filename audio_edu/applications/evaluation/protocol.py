"""The one table: every system by every metric, on the same passages (``audio-edu evaluate --all``).

Of each passage: SNR, SI-SDR, log-spectral distance, STOI and PESQ, where there is a recording to compare
with; the mel-cepstral distance, which allows another voice; and what the recognisers ``cnn`` (digit by digit)
and ``ctc`` (the whole, any letters) make of it. Of each system: the Fréchet distance and the inception score
of all its words, with the ``cnn``; and DNSMOS, which asks for no recording and is slow, of the first passages
in a row. PESQ and DNSMOS are other people's programs (`pesq`, `speechmos`); without them their columns stay
empty.
"""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._validate import check_choice, checked
from ...datasets import load_digits
from ...metrics import (
    count_edits,
    frechet_distance,
    inception_score,
    listener_scores,
    log_spectral_distance_db,
    mel_cepstral_distance_db,
    si_sdr_db,
    speaker_interval,
    stoi,
)
from ...reproducible import SEED
from ...signal import snr_db
from ...training import read_table, write_table
from .systems import SYSTEMS, Passage, passages

#: The metrics of a passage; whether more is better.
CLIP_METRICS: Mapping[str, bool] = {
    "snr_db": True,
    "si_sdr_db": True,
    "lsd_db": False,
    "mcd_db": False,
    "stoi": True,
    "pesq": True,
    "words_right": True,
    "wer": False,
}
#: The metrics of a system; whether more is better.
SET_METRICS: Mapping[str, bool] = {"frechet": False, "inception": True, "dnsmos": True}
#: Passages that DNSMOS hears: together about the 9 s that it takes.
N_DNSMOS = 4
#: Training clips that the Fréchet distance compares with.
N_REFERENCE = 1000


@checked
def compare_with_recording(x: np.ndarray, y: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Return all that can be said of a copy beside its recording.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=16000)
    >>> found = compare_with_recording(x, -x, 8000)
    >>> round(found["snr_db"]), found["si_sdr_db"] > 100
    (-6, True)
    """
    found = {
        "snr_db": min(snr_db(x, y), 150.0),
        "si_sdr_db": si_sdr_db(x, y),
        "lsd_db": log_spectral_distance_db(x, y),
        "stoi": stoi(x, y, sample_rate),
    }
    pesq = listener_scores(x, y, sample_rate).get("pesq")
    return found if pesq is None else found | {"pesq": pesq}


@checked
def dnsmos(x: np.ndarray, sample_rate: int) -> float:
    """Return DNSMOS, 1 to 5, what a network says that listeners would say: NaN without `speechmos`.

    It asks for no recording. A sound is repeated until it has the 9 s that the network takes.

    Examples
    --------
    >>> bool(0 < dnsmos(np.zeros(8000), 8000) < 6) or importlib.util.find_spec("speechmos") is None
    True
    """
    if importlib.util.find_spec("speechmos") is None:
        return float("nan")
    import scipy.signal
    from speechmos import dnsmos as judge

    y = scipy.signal.resample_poly(x.astype(float), 16000, sample_rate)
    return float(judge.run(y / max(1.0, np.abs(y).max()), 16000)["ovrl_mos"])


def score_systems(names: Sequence[str] | None = None) -> Iterator[tuple[list[dict], dict[str, Any]]]:
    """Score one system after the other.

    Parameters
    ----------
    names : sequence of str, optional
        Of `SYSTEMS`. Default: all.

    Yields
    ------
    rows : list of dict
        One for each passage.
    system : dict
        Means of the rows, each with an ``_interval`` (95 %, over voices), and the metrics of the whole set.
    """
    from ...recognition import load_cnn
    from ...recognition.ctc import load_ctc

    given, cnn, ctc = passages(), load_cnn(), load_ctc()
    train = load_digits().train
    rate = train.sample_rate
    few = np.random.default_rng(SEED).permutation(len(train))[:N_REFERENCE]
    reference = cnn.embeddings([train.audio[i] for i in few])
    for name in SYSTEMS if names is None else names:
        check_choice(name, "name", SYSTEMS)
        system, rows, words, sounds = SYSTEMS[name], [], [], []
        for p, (y, parts) in zip(given, system(given, rate), strict=True):
            rows.append(
                {"system": name, "kind": system.kind, "voice": p.voice} | _of_passage(p, y, parts, rate)
            )
            rows[-1] |= _understood(p, y, parts, cnn, ctc)
            sounds.append(y)
            words += [np.asarray(part, np.float32) for part in parts]
        found = _of_system(name, rows, cnn, words, reference)
        overall = dnsmos(np.concatenate(sounds[:N_DNSMOS]), rate)
        yield rows, found | ({"dnsmos": round(overall, 4)} if np.isfinite(overall) else {})


def _of_passage(p: Passage, y: np.ndarray, parts: list[np.ndarray], rate: int) -> dict[str, float]:
    found = compare_with_recording(p.x, y, rate) if len(y) == len(p.x) else {}
    return found | {"mcd_db": mel_cepstral_distance_db(p.x, y, rate)}


def _understood(p: Passage, y: np.ndarray, parts: list[np.ndarray], cnn: Any, ctc: Any) -> dict[str, Any]:
    heard = cnn.probabilities([np.asarray(part, np.float32) for part in parts]).argmax(axis=1)
    text = ctc.transcribe(np.asarray(y, np.float32))
    n_errors = count_edits(p.text.split(), text.split()).n_errors
    return {
        "words_right": float(np.mean(heard == np.array(p.digits))),
        "wer": n_errors / len(p.digits),
        "said": p.text,
        "heard": text,
    }


def _of_system(
    name: str, rows: list[dict], cnn: Any, words: list[np.ndarray], reference: np.ndarray
) -> dict[str, Any]:
    found: dict[str, Any] = {"system": name, "kind": rows[0]["kind"], "n_passages": len(rows)}
    for metric in CLIP_METRICS:
        values = np.array([row[metric] for row in rows if np.isfinite(row.get(metric, np.nan))])
        if len(values):
            found[metric] = round(float(values.mean()), 4)
            voices = np.array([row["voice"] for row in rows if np.isfinite(row.get(metric, np.nan))])
            low, high = speaker_interval(values, voices)
            found[f"{metric}_interval"] = round(low, 4), round(high, 4)
    found["frechet"] = round(frechet_distance(cnn.embeddings(words), reference), 4)
    found["inception"] = round(inception_score(cnn.probabilities(words)), 4)
    return found


def write_tables(folder: Path, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Score systems, and write ``systems.csv`` and ``system_clips.csv``; rows of other systems stay.

    Returns
    -------
    list of dict
        The rows of the systems that were scored.
    """
    paths = folder / "systems.csv", folder / "system_clips.csv"
    kept = [read_table(path) if path.is_file() else [] for path in paths]
    new: tuple[list, list] = ([], [])
    for rows, system in score_systems(names):
        new[0].append(system)
        new[1].extend(rows)
        scored = {row["system"] for row in new[0]}
        for path, old, fresh in zip(paths, kept, new, strict=True):
            both = [row for row in old if row["system"] not in scored] + list(map(_flat, fresh))
            order = {system: i for i, system in enumerate(SYSTEMS)}
            both.sort(key=lambda row: order.get(row["system"], len(order)))
            columns = dict.fromkeys(key for row in both for key in row)
            write_table(path, [dict.fromkeys(columns, "") | row for row in both])
    return new[0]


def _flat(row: Mapping[str, Any]) -> dict[str, str]:
    """Write numbers with four decimals, and an interval in two columns."""
    found = {}
    for key, value in row.items():
        if isinstance(value, tuple):
            low, high = value
            found |= {
                key.replace("interval", "low"): f"{low:.4f}",
                key.replace("interval", "high"): f"{high:.4f}",
            }
        elif isinstance(value, float):
            found[key] = f"{value:.4f}" if np.isfinite(value) else ""
        else:
            found[key] = str(value)
    return found
