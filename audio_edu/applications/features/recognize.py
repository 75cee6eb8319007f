"""A WaveNet as a recogniser: how likely a recording is as each of the words that it can say.

``P(d|x) = P(x|d) P(d) / P(x)``: a network that gives every recording a probability for each digit has
recognised the digit as well. It reads the recording once for each, with the queues that it speaks with.
"""

from dataclasses import astuple

import numpy as np

from ..._validate import Clip, checked
from ...generation.wavenet.evaluate import code_costs
from ...generation.wavenet.linear_prediction import AdaptiveAR
from ...generation.wavenet.loop import pack, run
from ...generation.wavenet.model import WaveNet
from ...generation.wavenet.request import Request
from ...signal import mu_law_encode

#: Lanes of the compiled loop: vectors want to be full.
_LANES = 16


@checked
def sample_log_likelihoods(model: WaveNet, clip: Clip, *, known_length: bool = True) -> np.ndarray:
    """Return ``log P(x_t | x_1 ... x_{t−1}, d)`` of each sample, for each digit.

    The voice is called unknown. Summed over time this is ``log P(x|d)``, the cumulative sum how the evidence
    accumulates.

    Parameters
    ----------
    model : WaveNet
        From `load_wavenet`.
    clip : np.ndarray [shape=(n_samples,)]
        A word at the model's sample rate, cut at its beginning and its end; its µ-law codes are scored.
    known_length : bool
        Whether the network is told, from the first sample on, how long the word will be. Without, it knows
        less, and nothing that only the future tells.

    Returns
    -------
    np.ndarray [shape=(n_digits, n_samples)]
        In nats, at most 0.

    Examples
    --------
    >>> from audio_edu.datasets import load_digits
    >>> from audio_edu.generation import load_wavenet
    >>> clips = load_digits().test
    >>> found = sample_log_likelihoods(load_wavenet(), clips.audio[0][:400])
    >>> found.shape, bool((found <= 0).all())
    ((10, 400), True)
    """
    c, n_labels, n = model.config, len(model.label_names), len(clip)
    codes = mu_law_encode(clip, c.n_levels).astype(np.int32)
    request = Request(model, n, range(n_labels), None, [n if known_length else "unknown"] * n_labels)
    n_lanes = max(n_labels, _LANES)
    condition, _ = request.conditions(model)
    condition = condition[np.arange(n_lanes) % n_labels]
    condition = condition.reshape(n_lanes, -1, len(c.dilations), 2 * c.n_residual).transpose(1, 2, 3, 0)
    rows = np.ascontiguousarray(np.repeat(codes[:, None], n_lanes, axis=1))
    logits = np.empty((n, c.n_levels, n_lanes), np.float32)
    run(
        pack(model, n_lanes), np.ascontiguousarray(condition), c.frame_length, n_labels, 1.0,
        np.float32(1), request.uniform, rows, logits, True, astuple(AdaptiveAR(c.ar_order or 1)),
    )  # fmt: skip
    costs = code_costs(logits[..., :n_labels].transpose(2, 0, 1), np.repeat(codes[None], n_labels, axis=0))
    return -np.log(2) * costs.astype(np.float64)
