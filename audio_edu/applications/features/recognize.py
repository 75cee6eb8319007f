"""A WaveNet as a recogniser: how likely a recording is as each of the words that it can say.

``P(d|x) = P(x|d) P(d) / P(x)``: a network that gives every recording a probability for each digit has
recognised the digit as well. It reads the recording once for each, with the queues that it speaks with.
"""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np

from ..._validate import Clip, checked
from ...generation.wavenet.data import SILENCE
from ...generation.wavenet.evaluate import code_costs
from ...generation.wavenet.linear_prediction import AdaptiveAR
from ...generation.wavenet.loop import pack, run
from ...generation.wavenet.model import WaveNet
from ...generation.wavenet.request import Request
from ...signal import mu_law_encode

#: Clips that are read side by side, and lanes of the compiled loop: vectors want to be full.
_N_CLIPS, _LANES = 6, 16


@checked
def sample_log_likelihoods(
    model: WaveNet, clips: Sequence[Clip], *, known_length: bool = True
) -> list[np.ndarray]:
    """Return ``log P(x_t | x_1 ... x_{t−1}, d)`` of each sample of each clip, for each digit.

    The voice is called unknown. Summed over time this is ``log P(x|d)``, the cumulative sum how the evidence
    accumulates.

    Parameters
    ----------
    model : WaveNet
        From `load_wavenet`.
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Words at the model's sample rate, cut at their beginning and end; their µ-law codes are scored.
    known_length : bool
        Whether the network is told, from the first sample on, how long the word will be. Without, it knows
        less, and nothing that only the future tells.

    Returns
    -------
    list of np.ndarray [shape=(n_digits, n_samples_i)]
        In nats, at most 0.

    Examples
    --------
    >>> from audio_edu.datasets import load_digits
    >>> from audio_edu.generation import load_wavenet
    >>> clips = load_digits().test.audio
    >>> (found,) = sample_log_likelihoods(load_wavenet(), [clips[0][:400]])
    >>> found.shape, bool((found <= 0).all())
    ((10, 400), True)
    """
    codes = [mu_law_encode(clip, model.config.n_levels).astype(np.int32) for clip in clips]
    order = np.argsort([len(each) for each in codes], kind="stable")  # together what is about equally long
    found: list[np.ndarray] = [np.empty(0)] * len(codes)
    for begin in range(0, len(order), _N_CLIPS):
        rows = order[begin : begin + _N_CLIPS]
        for i, costs in zip(rows, _read(model, [codes[i] for i in rows], known_length), strict=True):
            found[i] = costs
    return found


def _read(model: WaveNet, codes: list[np.ndarray], known_length: bool) -> list[np.ndarray]:
    """Read some clips at once, each once for each digit."""
    c, n_labels, n = model.config, len(model.label_names), max(map(len, codes))
    lengths = [len(each) if known_length else "unknown" for each in codes]
    digits = list(range(n_labels)) * len(codes)
    request = Request(model, n, digits, None, np.repeat(np.array(lengths, object), n_labels))
    n_lanes = -(-len(digits) // _LANES) * _LANES
    lanes = np.arange(n_lanes) % len(digits)
    condition = request.conditions(model)[0][lanes]
    condition = condition.reshape(n_lanes, -1, len(c.dilations), 2 * c.n_residual).transpose(1, 2, 3, 0)
    padded = np.stack([np.pad(each, (0, n - len(each)), constant_values=SILENCE) for each in codes])
    rows = np.ascontiguousarray(padded[lanes // n_labels].T)
    logits = np.empty((n, c.n_levels, n_lanes), np.float32)
    run(
        pack(model, n_lanes), np.ascontiguousarray(condition), c.frame_length, len(digits), 1.0,
        np.float32(1), request.uniform, rows, logits, True, astuple(AdaptiveAR(c.ar_order or 1)),
    )  # fmt: skip
    found = []
    for i, each in enumerate(codes):
        of_clip = logits[: len(each), :, i * n_labels : (i + 1) * n_labels].transpose(2, 0, 1)
        costs = code_costs(of_clip, np.repeat(each[None], n_labels, axis=0))
        found.append(-np.log(2) * costs.astype(np.float64))
    return found
