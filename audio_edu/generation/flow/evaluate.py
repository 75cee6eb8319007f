"""Judging a flow: what sounds cost, how exactly it is undone, and how its copies sound to a recogniser.

*Bits a sample* are of 256 µ-law codes, as for the WaveNet, on voices never heard; but the flow is given the
mel spectrogram of each clip, 40 numbers every 10 ms, whose bits are not charged. So it knows more than the
coders beside it: it is a bound on how well it fits, no coder's price.

*Copies* go from a clip to its mel spectrogram and back, by the flow and by Griffin-Lim. They are judged by
the book's ``cnn``, which was never used in training a flow, and by how far their own mel spectrogram is from
the one asked for. Griffin-Lim is made to come near a spectrogram, so that number is kind to it.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..._validate import Clip, Size, check_codes, checked
from ...datasets import Corpus
from ...metrics import speaker_interval
from ...reproducible import SEED
from ...signal import mel_to_audio, mu_law_encode
from ..mel import mel_decibels
from ..wavenet.baselines import unigram_bits
from ..wavenet.linear_prediction import AdaptiveAR
from .data import dequantize, mel_condition
from .generate import N_AT_ONCE, copy_clips
from .model import Flow

#: At which the copies are judged; so many clips of each voice are copied.
TEMPERATURES, N_OF_A_VOICE = (0.5, 0.7, 1.0), 10
GRIFFIN_LIM_STEPS = 60


@checked
def evaluate(model: Flow, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a flow.

    Parameters
    ----------
    model : Flow
        Trained, with a condition.
    corpus : Corpus
        With all splits: frequencies of codes are counted in ``corpus.development``.
    split : str
        On which clips is measured.
    judge : optional
        A recogniser of the model's labels, ``load_cnn()``. Without one no copies are made.

    Returns
    -------
    dict
        Plain numbers. ``bits_per_sample`` of each coder; ``flow_interval``, over voices; ``z_rms``, 1 where
        the flow fits; ``inversion_error``, the largest difference (full scale is 1); ``n_test_clips``,
        ``n_test_samples``. With a judge ``copies``: for each kind ``recognized``, its ``interval`` over
        voices, and ``mel_error_db``.
    """
    test, n_levels = corpus.part(split), model.config.n_levels
    codes, training = (
        [mu_law_encode(clip, n_levels) for clip in part.audio] for part in (test, corpus.development)
    )
    n_samples = int(test.lengths.sum())
    of_flow, z_rms, error = flow_bits(model, list(test.audio))
    bits = {
        "unigram": unigram_bits(training, codes, n_levels).sum() / n_samples,
        "flac": flac_bits(codes) / n_samples,
        "adaptive_ar16": sum(AdaptiveAR().bits(clip, n_levels) for clip in codes) / n_samples,
        "flow": of_flow.sum() / n_samples,
    }
    interval = speaker_interval(of_flow / test.lengths, test.voices, weights=test.lengths)
    report = {
        "bits_per_sample": {name: _round(value) for name, value in bits.items()},
        "flow_interval": [_round(value) for value in interval],
        "z_rms": _round(z_rms),
        "inversion_error": error,
        "n_test_clips": len(test),
        "n_test_samples": n_samples,
    }
    return report if judge is None else report | {"copies": _judged(model, test, judge)}


def _judged(model: Flow, test: Corpus, judge: Any) -> dict[str, dict[str, Any]]:
    """Judge copies of some clips of each voice, and the clips."""
    rng, rows = np.random.default_rng(SEED), []
    for voice in np.unique(test.voices):
        rows += rng.permutation(np.flatnonzero(test.voices == voice))[:N_OF_A_VOICE].tolist()
    some = test.select(np.sort(rows))
    copies = {"real": list(some.audio), "griffin_lim": griffin_lim_copies(model, some.audio)}
    for temperature in TEMPERATURES:
        copies[f"flow_{temperature}"] = copy_clips(model, some.audio, temperature=temperature)
    report = {}
    for name, sounds in copies.items():
        right = judge.probabilities(sounds).argmax(axis=1) == some.labels
        errors = [mel_error_db(model, x, y) for x, y in zip(some.audio, sounds, strict=True)]
        report[name] = {
            "n_clips": len(some),
            "recognized": _round(right.mean()),
            "interval": [_round(value) for value in speaker_interval(right, some.voices)],
            "mel_error_db": _round(np.mean(errors)),
        }
    return report


def _round(value: Any) -> float:
    return round(float(value), 4)


@checked
def flow_bits(model: Flow, clips: Sequence[Clip]) -> tuple[np.ndarray, float, float]:
    """Compute what clips cost a flow that is given their mel spectrograms.

    A batch of clips is as long as its longest; the silence after the others is charged, too.

    Returns
    -------
    bits : np.ndarray [shape=(n_clips,)]
        Of each clip in all.
    z_rms : float
        Root of the mean square of all noise.
    inversion_error : float
        The largest difference between a sound and what comes back from its noise.
    """
    if not len(clips):
        raise ValueError("clips is empty; expected one or more.")
    c, bits, squares, error = model.config, np.zeros(len(clips)), [], 0.0
    order = np.argsort([len(clip) for clip in clips], kind="stable")
    for start in range(0, len(order), N_AT_ONCE):
        rows = order[start : start + N_AT_ONCE]
        n = -(-len(clips[rows[-1]]) // c.hop_length) * c.hop_length
        padded = np.stack([np.pad(clips[i], (0, n - len(clips[i]))) for i in rows])
        mel = np.stack([mel_condition(x, c, model.sample_rate) for x in padded]) if c.n_condition else None
        codes = mu_law_encode(padded, c.n_levels)
        uniform = np.random.default_rng((SEED, start)).random(codes.shape)
        x = dequantize(codes, uniform, c.n_levels)
        z, each = model.transform(x, mel)
        bits[rows] = n * each
        squares.append(np.mean(z**2))
        if not start % (8 * N_AT_ONCE):  # the way back takes as long again
            error = max(error, float(np.abs(model.inverse_transform(z, mel) - x).max()))
    return bits, float(np.sqrt(np.mean(squares))), error


@checked
def flac_bits(clips: Sequence[NDArray[np.int64]]) -> int:
    """Return the bits of one FLAC file of all clips' codes, 0 to 255, taken for samples of 8 bits.

    Examples
    --------
    >>> flac_bits([np.full(80_000, 128)]) / 80_000 < 0.1
    True
    """
    if not len(clips):
        raise ValueError("clips is empty; expected one or more.")
    codes = np.concatenate([check_codes(np.ravel(clip), "clips", 256) for clip in clips])
    file = io.BytesIO()
    # libsndfile takes the upper byte of 16 bits
    soundfile.write(file, ((codes - 128) * 256).astype(np.int16), 8000, format="FLAC", subtype="PCM_S8")
    return 8 * len(file.getvalue())


@checked
def griffin_lim_copies(
    model: Flow, clips: Sequence[Clip], n_iter: Size = GRIFFIN_LIM_STEPS
) -> list[np.ndarray]:
    """Reduce each clip to the mel spectrogram that the flow is given, and go back by Griffin-Lim."""
    c, copies = model.config, []
    for clip in clips:
        decibels = mel_decibels(mel_condition(clip, c, model.sample_rate))
        copies.append(
            mel_to_audio(
                decibels,
                model.sample_rate,
                n_fft=c.n_fft,
                hop_length=c.hop_length,
                n_iter=n_iter,
                length=len(clip),
            )
        )
    return copies


@checked
def mel_error_db(model: Flow, x: Clip, y: Clip) -> float:
    """Return the root mean squared difference of two sounds' mel spectrograms, in dB.

    Parts below −80 dB count as −80 dB.
    """
    a, b = (mel_condition(sound, model.config, model.sample_rate) for sound in (x, y))
    n = min(len(a), len(b))
    return float(50 * np.sqrt(np.mean((a[:n] - b[:n]) ** 2)))
