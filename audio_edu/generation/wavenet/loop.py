"""The compiled loop of a WaveNet that speaks: one queue a layer, each thing computed once.

Of the past, layer i needs what it took in `dilation_i` samples ago, and nothing else. It is kept in a
*queue*, a ring of `dilation_i` entries: take out the past, put in the present.

Compiled by Numba, without a call to a library of matrices. In float32 and without "fast math": all sums run
in a fixed order, multiplications and additions are not fused, tanh is a quotient of two polynomials. So
the arithmetic is the same on every processor, however wide its vectors are, and the same clip comes out
whether it is made alone or with others at once. (A network with linear prediction also takes logarithms and
exponentials from the C library, in double precision: there two processors may differ in the last bit.)

Arrays have clips last: with all values of a channel side by side, one instruction serves several clips.
"""

from typing import NamedTuple

import numba
import numpy as np

from ...signal import mu_law_decode
from ...training import as_array
from .layers import MAX_ERROR
from .linear_prediction import adapt, predict_next, update_scale
from .model import WaveNet


class Weights(NamedTuple):
    """The network's numbers, as the compiled loop wants them: contiguous float32."""

    dilations: np.ndarray  # (L,)
    levels: np.ndarray  # (n_levels,): the value of each code
    table: np.ndarray  # (n_levels, C)
    taps: np.ndarray  # (n_taps, C)
    kernel: np.ndarray  # (L, 2C, 2C): rows past then present, columns filter then gate
    residual: np.ndarray  # (L, C, C)
    bias: np.ndarray  # (L, C, n_clips)
    skip: np.ndarray  # (L C, S)
    skip_bias: np.ndarray  # (S, n_clips)
    head: np.ndarray
    head_bias: np.ndarray
    last: np.ndarray
    last_bias: np.ndarray
    prediction: np.ndarray  # (2, C): weights of mean and scale; no rows without linear prediction
    trust: np.ndarray  # (H + 1,): how far to trust the prediction, its bias last


def pack(model: WaveNet, n_clips: int = 1) -> Weights:
    """Copy the weights of a Keras model, each bias once for each clip."""
    c, gated, last = model.config, model.network.gated, model.network.last
    table, taps, *prediction = map(as_array, model.network.first.weights)
    residual = np.zeros((len(gated), c.n_residual, c.n_residual))
    bias = np.zeros((len(gated), c.n_residual))
    for i, layer in enumerate(gated[:-1]):
        residual[i], bias[i] = as_array(layer.residual), as_array(layer.bias)
    trust = np.append(*map(as_array, last.trust.weights)) if c.ar_order else np.zeros(1)

    def repeated(values):
        return np.repeat(values[..., None], n_clips, axis=-1)

    out = [map(as_array, layer.weights) for layer in (last.skip, last.head, last.last)]
    parts = [
        mu_law_decode(np.arange(c.n_levels), c.n_levels), table, taps[:, 0],
        np.stack([as_array(layer.kernel) for layer in gated]), residual, repeated(bias),
        *(part for kernel, bias in out for part in (kernel, repeated(bias))),
        *(prediction or [np.zeros((0, c.n_residual))]), trust,
    ]  # fmt: skip
    return Weights(np.array(c.dilations), *(np.ascontiguousarray(p, np.float32) for p in parts))


#: Where the last samples all stay below this companded amplitude (0.012 of full scale), neither temperature
#: nor guidance apply: likeliest after silence is silence, and at a low temperature no word would begin.
QUIET = np.float32(0.25)

# Division by zero gives infinity, as in NumPy: checking each division for it would keep the compiler from
# doing several at once, and there is none.
_compiled = numba.njit(cache=True, error_model="numpy")


@_compiled
def run(w, condition, frame_length, n_words, sharpness, guidance, uniform, codes, logits, forced, predictor):
    """Fill `codes` sample by sample; with `forced`, take them as given and keep all logits. `w` is `Weights`.

    Guided, clip b + n_words is clip b once more, unconditional. `predictor` holds the constants of the
    `AdaptiveAR` whose prediction the network is given.
    """
    order, forgetting, certainty, scale_forgetting, floor = predictor
    n_samples, n_clips = codes.shape
    guided, step = guidance != np.float32(1.0), np.float32(2.0 / (len(w.levels) - 1))
    n_layers, n2 = w.kernel.shape[:2]
    n, n_taps = n2 // 2, len(w.taps)
    ends = np.cumsum(w.dilations)
    queue = np.zeros((ends[-1], n, n_clips), np.float32)
    values = np.zeros((n_taps, n_clips), np.float32)
    both = np.empty((n2, n_clips), np.float32)
    past, x = both[:n], both[n:]
    a = np.empty((n2, n_clips), np.float32)
    z = np.empty((n_layers * n, n_clips), np.float32)
    s = np.empty((len(w.skip_bias), n_clips), np.float32)
    h = np.empty((len(w.head_bias), n_clips), np.float32)
    predicts = len(w.prediction) > 0
    ar_weights, ar_history = np.zeros((n_clips, order)), np.zeros((n_clips, order))
    ar_inverse, ar_gain = np.zeros((n_clips, order, order)), np.zeros(order)
    means, scales = np.zeros(n_clips), np.full(n_clips, floor)
    for b in range(n_clips):
        for k in range(order):
            ar_inverse[b, k, k] = certainty
    for t in range(n_samples):
        # the first convolution: a row of the table for the last sample, and the last values
        x[:] = 0.0
        if t > 0:
            for b in range(n_clips):
                for j in range(n):
                    x[j, b] = w.table[codes[t - 1, b], j]
        _add_product(w.taps, values, x)
        if predicts:
            for b in range(n_clips):
                means[b] = predict_next(ar_weights[b], ar_history[b])
                of_mean, of_scale = _features(np.float32(means[b]), np.float32(scales[b]), len(w.levels))
                for j in range(n):
                    x[j, b] += of_mean * w.prediction[0, j] + of_scale * w.prediction[1, j]
        frame = t // frame_length
        for i in range(n_layers):
            # the entry that is dilation_i samples old makes room for the present one
            entry = queue[ends[i] - w.dilations[i] + t % w.dilations[i]]
            _copy(entry, past)
            _copy(x, entry)
            _copy(condition[frame, i], a)
            _add_product(w.kernel[i], both, a)
            z_i = z[i * n : (i + 1) * n]
            _gate(a, z_i)
            _add(w.bias[i], x)
            _add_product(w.residual[i], z_i, x)
        _copy(w.skip_bias, s)
        _add_product(w.skip, z, s)
        row = logits[t] if forced else logits[0]
        np.maximum(s, np.float32(0.0), s)
        _copy(w.head_bias, h)
        _add_product(w.head, s, h)
        np.maximum(h, np.float32(0.0), h)
        _copy(w.last_bias, row)
        _add_product(w.last, h, row)
        if predicts:
            _subtract_error(row, h, w.trust, w.levels, means, scales)
        if not forced:
            for b in range(n_words):
                loudest = np.float32(0.0)
                for k in range(n_taps):
                    loudest = max(loudest, abs(values[k, b]))
                if loudest < QUIET:
                    codes[t, b] = sample(row[:, b], 1.0, uniform[t, b])
                else:
                    if guided:
                        for k in range(len(row)):
                            row[k, b] = row[k, b + n_words] + guidance * (row[k, b] - row[k, b + n_words])
                    codes[t, b] = sample(row[:, b], sharpness, uniform[t, b])
            for b in range(n_words, n_clips):  # the unconditional lanes go on with the same sample
                codes[t, b] = codes[t, b % n_words]
        if predicts:
            for b in range(n_clips):
                value = np.float64(w.levels[codes[t, b]])
                error = value - means[b]
                scales[b] = update_scale(scales[b], error, scale_forgetting, floor)
                adapt(
                    value, error, ar_weights[b], ar_history[b], ar_inverse[b], ar_gain, forgetting, certainty
                )
        for b in range(n_clips):
            for k in range(n_taps - 1):
                values[k, b] = values[k + 1, b]
            values[n_taps - 1, b] = step * np.float32(codes[t, b]) - np.float32(1.0)


@_compiled
def _add_product(weights, inputs, outputs):
    """Add Wᵀx to y, for each clip: ``y[j, b] += Σ_i w[i, j] · x[i, b]``, i from first to last.

    Eight terms at a time, so that y is fetched and stored an eighth as often; added one after the other all
    the same. With one clip the innermost loop runs over outputs, with several over clips: both are
    contiguous, and the order of each sum is the same.
    """
    n_in = len(weights)
    eights = n_in - n_in % 8
    if outputs.shape[1] == 1:
        x, y = inputs.reshape(-1), outputs.reshape(-1)
        for i in range(0, eights, 8):
            w0, w1, w2, w3 = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
            w4, w5, w6, w7 = weights[i + 4], weights[i + 5], weights[i + 6], weights[i + 7]
            x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
            x4, x5, x6, x7 = x[i + 4], x[i + 5], x[i + 6], x[i + 7]
            for j in range(len(y)):
                y[j] = (
                    y[j] + w0[j] * x0 + w1[j] * x1 + w2[j] * x2 + w3[j] * x3
                    + w4[j] * x4 + w5[j] * x5 + w6[j] * x6 + w7[j] * x7
                )  # fmt: skip
    else:
        for i in range(0, eights, 8):
            x0, x1, x2, x3 = inputs[i], inputs[i + 1], inputs[i + 2], inputs[i + 3]
            x4, x5, x6, x7 = inputs[i + 4], inputs[i + 5], inputs[i + 6], inputs[i + 7]
            for j in range(len(outputs)):
                y = outputs[j]
                w0, w1, w2, w3 = weights[i, j], weights[i + 1, j], weights[i + 2, j], weights[i + 3, j]
                w4, w5, w6, w7 = weights[i + 4, j], weights[i + 5, j], weights[i + 6, j], weights[i + 7, j]
                for b in range(len(y)):
                    y[b] = (
                        y[b] + w0 * x0[b] + w1 * x1[b] + w2 * x2[b] + w3 * x3[b]
                        + w4 * x4[b] + w5 * x5[b] + w6 * x6[b] + w7 * x7[b]
                    )  # fmt: skip
    for i in range(eights, n_in):
        for j in range(len(outputs)):
            for b in range(outputs.shape[1]):
                outputs[j, b] += weights[i, j] * inputs[i, b]


@_compiled
def _features(mean, scale, n_levels):
    """Do what `prediction_features` does."""
    mu = n_levels - 1.0
    companded = np.sign(mean) * np.log1p(mu * abs(np.float64(mean))) / np.log(mu + 1.0)
    return np.float32(companded), np.float32((np.log(np.float64(scale)) + 6.0) / 4.0)


@_compiled
def _subtract_error(row, h, trust, levels, means, scales):
    """Do what the layer `Output` does with the prediction: l_k = net_k − trust · |v_k − mean| / scale."""
    n = len(h)
    for b in range(h.shape[1]):
        answer = np.float64(trust[n])
        for i in range(n):
            answer += trust[i] * h[i, b]
        # softplus: ln(1 + eˣ)
        weight = np.float32(max(answer, 0.0) + np.log1p(np.exp(-abs(answer))))
        mean, scale = np.float32(means[b]), np.float32(scales[b])
        for k in range(len(row)):
            row[k, b] -= weight * min(abs(levels[k] - mean) / scale, _MAX_ERROR)


# tanh x ≈ p(x) / q(x) = x P(x²) / Q(x²), fitted for |x| ≤ 8.6, beyond which tanh is ±1 but for 7e-8. The
# error stays below 1e-6.
_P0, _P1, _P2 = map(np.float32, (0.9999999391409137, 0.1339970916836577, 0.003518069248935094))
_P3, _P4 = map(np.float32, (2.0991833677827235e-05, 1.3912972463017148e-08))
_Q0, _Q1, _Q2 = map(np.float32, (1.0, 0.4673301815347487, 0.025961747698617105))
_Q3, _Q4 = map(np.float32, (0.0003322933457895596, 7.998904125071643e-07))
_LIMIT, _HALF, _MAX_ERROR = np.float32(8.6), np.float32(0.5), np.float32(MAX_ERROR)


@_compiled
def _tanh_parts(x):
    """Return p and q of tanh x ≈ p / q."""
    x = min(max(x, -_LIMIT), _LIMIT)
    u = x * x
    p = x * ((((_P4 * u + _P3) * u + _P2) * u + _P1) * u + _P0)
    return p, (((_Q4 * u + _Q3) * u + _Q2) * u + _Q1) * u + _Q0


@_compiled
def _gate(a, z):
    """Compute z = tanh(first half of a) · σ(second half)."""
    flat_a, flat_z = a.reshape(-1), z.reshape(-1)
    n = len(flat_z)
    filters, gates = flat_a[:n], flat_a[n:]
    for k in range(n):
        p_f, q_f = _tanh_parts(filters[k])
        p_g, q_g = _tanh_parts(_HALF * gates[k])
        # σ(x) = (1 + tanh(x/2)) / 2, and all of it with a single division
        flat_z[k] = _HALF * p_f * (q_g + p_g) / (q_f * q_g)


@_compiled
def _copy(source, target):
    x, y = source.reshape(-1), target.reshape(-1)
    for k in range(len(y)):
        y[k] = x[k]


@_compiled
def _add(source, target):
    x, y = source.reshape(-1), target.reshape(-1)
    for k in range(len(y)):
        y[k] += x[k]


@_compiled
def sample(logits, sharpness, uniform):
    """Sample from softmax(sharpness · logits): the code where the summed probability exceeds `uniform`.

    Parameters
    ----------
    logits : np.ndarray [shape=(n_levels,)]
        Of the network.
    sharpness : float
        One over the temperature.
    uniform : float
        A random number in [0, 1).

    Examples
    --------
    >>> sample(np.log([0.5, 0.25, 0.25]), 1.0, 0.6)
    1
    """
    # P(k) = exp(l_k / τ) / Σ_j exp(l_j / τ)
    weight = np.exp(sharpness * (logits.astype(np.float64) - logits.max()))
    cumulative = np.cumsum(weight)
    return min(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"), len(logits) - 1)
