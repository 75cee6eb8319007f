"""Generating with a WaveNet: draw a sample, append it, ask for the next.

`generate_naive` does just that, and computes the whole past anew for every sample. Nearly all of it was
computed before: of the past, layer i needs what it took in `dilation_i` samples ago, and nothing else.
`generate` keeps it in one *queue* a layer (a ring of `dilation_i` entries) and so computes each thing once.

The loop is compiled by Numba, without a call to any library. In float32 and without "fast math": all sums
run in a fixed order, multiplications and additions are not fused, tanh is a quotient of two polynomials. So
the arithmetic is the same on every processor, however wide its vectors are, and the same clip comes out
whether it is made alone or with others at once.

Every clip has its own chance: clip ``b`` of a batch draws from ``np.random.default_rng((seed, b))``, one
number for each sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numba
import numpy as np

from .._validate import check_choice, check_positive, check_range
from ..signal import mu_law_decode
from .wavenet import SILENCE, WaveNet

__all__ = [
    "cached_logits",
    "draw",
    "generate",
    "generate_batch",
    "generate_naive",
    "teacher_forced_logits",
]


def generate(
    model: WaveNet,
    n_samples: int,
    *,
    digit: int,
    voice: str | None = None,
    temperature: float = 1.0,
    guidance: float = 1.0,
    seed: int = 0,
    n_word: int | str | None = None,
) -> np.ndarray:
    """Say a digit, with one queue a layer.

    Parameters
    ----------
    model : WaveNet
        From `load_wavenet` or a training.
    n_samples : int
        How long the clip is.
    digit : int
        What to say: a number of `model.label_names`.
    voice : str, optional
        Who says it: one of `model.voice_names`. Default: the unknown voice.
    temperature : float
        The logits are divided by it. Below 1 likely samples become likelier still, above 1 all become more
        alike.
    guidance : float
        What the network says when told the digit, and when it knows the voice alone, differs. Its answer
        is moved on in that direction: ``l = l_untold + guidance · (l_told − l_untold)``. 1 is the network as
        it is; 2 to 5 say more clearly what is asked for, with less variety. Anything but 1 costs a second
        network.
    seed : int
        Where chance comes from.
    n_word : int or "unknown", optional
        How many samples the word takes; silence follows. Default: what is usual for this voice
        (`WaveNet.word_length`). With "unknown" the network is not told, and has to find its way by what it
        said in the last quarter of a second.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        In [-1, 1].

    Raises
    ------
    TypeError, ValueError
        If `digit` or `voice` is unknown, or `n_samples`, `n_word` or `temperature` is not above 0.

    Examples
    --------
    >>> from audio_edu.generation.wavenet import load_wavenet
    >>> model = load_wavenet()
    >>> generate(model, 4000, digit=7, voice="slt-00", seed=1).shape
    (4000,)
    """
    wanted = _Wanted(model, n_samples, [digit], [voice], [n_word], temperature, guidance, seed)
    return mu_law_decode(_run(model, wanted)[0][0], model.config_.n_levels)


def generate_batch(
    model: WaveNet,
    n_samples: int,
    *,
    digits: Sequence[int],
    voices: Sequence[str | None] | None = None,
    temperature: float = 1.0,
    guidance: float = 1.0,
    seed: int = 0,
    n_words: Sequence[int | str | None] | None = None,
) -> np.ndarray:
    """Say several digits at once: each weight is fetched once for all of them.

    Parameters
    ----------
    model, n_samples, temperature, guidance, seed
        See `generate`.
    digits : sequence of int [shape=(n_clips,)]
        What to say.
    voices : sequence of str or None [shape=(n_clips,)], optional
        Who says it.
    n_words : sequence [shape=(n_clips,)], optional
        How long each word is, as `n_word` of `generate`.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_samples)], float32
        Row 0 is what `generate` makes of the same seed.
    """
    wanted = _Wanted(model, n_samples, digits, voices, n_words, temperature, guidance, seed)
    return mu_law_decode(_run(model, wanted)[0], model.config_.n_levels)


def generate_naive(
    model: WaveNet,
    n_samples: int,
    *,
    digit: int,
    voice: str | None = None,
    temperature: float = 1.0,
    seed: int = 0,
    n_word: int | str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Say a digit by computing the whole past anew for every sample: for the lesson, and very slow.

    Returns
    -------
    x : np.ndarray [shape=(n_samples,)], float32
        The sound.
    logits : np.ndarray [shape=(n_samples, n_levels)], float32
        From which each sample was drawn.
    """
    wanted = _Wanted(model, n_samples, [digit], [voice], [n_word], temperature, seed=seed)
    codes = np.full((1, n_samples), SILENCE, np.int32)
    logits = np.empty((n_samples, model.config_.n_levels), np.float32)
    for t in range(n_samples):
        # all logits of the past, of which only the last are new
        logits[t] = _forward(model, wanted, codes[:, : t + 1])[0, t]
        now = 1.0 if _is_quiet(model, codes[0, :t]) else temperature
        codes[0, t] = draw(logits[t], now, wanted.uniform[t, 0])
    return mu_law_decode(codes[0], model.config_.n_levels), logits


def draw(logits: np.ndarray, temperature: float, uniform: float) -> int:
    """Draw from softmax(logits / temperature): where the summed probability first exceeds `uniform`.

    Parameters
    ----------
    logits : np.ndarray [shape=(n_levels,)]
        What the network says.
    temperature : float
        Above 0.
    uniform : float
        A random number in [0, 1).
    """
    # P(k) = exp(l_k / τ) / Σ_j exp(l_j / τ)
    weight = np.exp((logits.astype(np.float64) - logits.max()) / temperature)
    cumulative = np.cumsum(weight)
    return int(np.argmax(cumulative > uniform * cumulative[-1]))


def teacher_forced_logits(
    model: WaveNet,
    codes: np.ndarray,
    *,
    digit: int,
    voice: str | None = None,
    n_word: int | str | None = None,
) -> np.ndarray:
    """Compute the logits of all samples of a known clip at once, by Keras.

    Parameters
    ----------
    model : WaveNet
        The network.
    codes : np.ndarray of int [shape=(n_samples,)]
        The clip's µ-law codes.
    digit, voice, n_word
        See `generate`.

    Returns
    -------
    np.ndarray [shape=(n_samples, n_levels)], float32
        Row ``t`` is about sample ``t`` and depends on the samples before it.
    """
    codes = _checked_codes(model, codes)
    return _forward(model, _Wanted(model, len(codes), [digit], [voice], [n_word]), codes[None])[0]


def cached_logits(
    model: WaveNet,
    codes: np.ndarray,
    *,
    digit: int,
    voice: str | None = None,
    n_word: int | str | None = None,
) -> np.ndarray:
    """Compute the same sample by sample, with the queues of `generate`.

    Parameters and result are those of `teacher_forced_logits`.
    """
    codes = _checked_codes(model, codes)
    wanted = _Wanted(model, len(codes), [digit], [voice], [n_word])
    return _run(model, wanted, forced=codes[:, None])[1][:, :, 0]


class Weights(NamedTuple):
    """The network's numbers, as the compiled loop wants them: contiguous float32."""

    dilations: np.ndarray  # (L,)
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


def pack(model: WaveNet, n_clips: int = 1) -> Weights:
    """Copy the weights of a Keras model, each bias once for each clip."""
    c = model.config_
    n, n_layers = c.n_residual, len(c.dilations)
    residual, bias = np.zeros((n_layers, n, n)), np.zeros((n_layers, n))
    for i, layer in enumerate(model.gated[:-1]):
        residual[i], bias[i] = layer.residual, layer.bias

    def spread(values):
        return np.repeat(np.asarray(values)[..., None], n_clips, axis=-1)

    parts = [
        model.first.table, np.reshape(model.first.taps, (c.n_taps, n)),
        np.stack([np.asarray(layer.kernel) for layer in model.gated]), residual, spread(bias),
        model.skip.kernel, spread(model.skip.bias),
        model.head.kernel, spread(model.head.bias), model.last.kernel, spread(model.last.bias),
    ]  # fmt: skip
    return Weights(np.array(c.dilations), *(np.ascontiguousarray(p, np.float32) for p in parts))


def _run(model: WaveNet, wanted: _Wanted, forced: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Generate, or, with `forced` codes [shape=(n_samples, 1)], only compute the logits."""
    c, n_words, n_samples = model.config_, len(wanted.digits), wanted.n_samples
    keep = forced is not None
    guided = wanted.guidance != 1 and not keep
    if 1 < n_words < 8 and not guided:  # too few for vectors across clips
        return np.concatenate([_run(model, wanted.only(b))[0] for b in range(n_words)]), np.empty(0)
    # guided, each word takes a second lane, that is told the voice only; and vectors want to be full
    n_lanes = max(2 * n_words, 16) if guided else n_words
    lanes = np.arange(n_lanes) % n_words
    told, untold = conditions(model, wanted)
    condition = np.where(np.arange(n_lanes)[:, None, None] < n_words, told[lanes], untold[lanes])
    condition = condition.reshape(n_lanes, -1, len(c.dilations), 2 * c.n_residual)
    codes = np.ascontiguousarray(forced) if keep else np.zeros((n_samples, n_lanes), np.int32)
    logits = np.empty((n_samples if keep else 1, c.n_levels, n_lanes), np.float32)
    # lanes last: with all values of a channel side by side, one instruction serves several
    _loop(
        pack(model, n_lanes), np.ascontiguousarray(condition.transpose(1, 2, 3, 0)), c.frame_length, n_words,
        1.0 / wanted.temperature, np.float32(wanted.guidance), wanted.uniform, codes, logits, keep,
    )  # fmt: skip
    return np.ascontiguousarray(codes[:, :n_words].T), logits


def conditions(model: WaveNet, wanted: _Wanted) -> tuple[np.ndarray, np.ndarray]:
    """Return what the layers are told, and what they are if they are to know the voice alone.

    The second is the mean over all labels, the position unknown. Both are float32 [shape=(n_clips, n_frames,
    n_out)]. It is what the layer `Condition` computes, but in double precision: rounded to float32 then,
    it is the same on every processor.
    """
    layer, c = model.condition, model.config_
    of_label, of_voice, of_clock, score, *mix, kernel, bias = (
        np.asarray(w, np.float64)
        for w in (layer.label, layer.voice, layer.clock, layer.score, *layer.mix, layer.kernel, layer.bias)
    )
    ticks = np.minimum(np.arange(wanted.positions.shape[1]), c.n_ticks - 1)
    voice_and_clock = (of_voice[wanted.voices] @ mix[1])[:, None] + of_clock[ticks] @ mix[2]

    def spread(label: np.ndarray, positions: np.ndarray) -> np.ndarray:
        known = score[label[:, None] * (c.n_positions + 2) + positions] * (positions > 0)[..., None]
        return np.tanh((of_label[label] @ mix[0])[:, None] + voice_and_clock + known) @ kernel + bias

    nowhere = np.zeros_like(wanted.positions)
    of_each = [spread(np.full_like(wanted.digits, label), nowhere) for label in range(len(of_label))]
    told = spread(wanted.digits, wanted.positions)
    return told.astype(np.float32), np.mean(of_each, axis=0).astype(np.float32)


#: Where the last samples all stay below this companded amplitude (0.012 of full scale), neither temperature
#: nor guidance apply: likeliest after silence is silence, and at a low temperature no word would begin.
_QUIET = np.float32(0.25)

# Division by zero gives infinity, as in NumPy: checking each division for it would keep the compiler from
# doing several at once, and there is none.
_compiled = numba.njit(cache=True, error_model="numpy")


@_compiled
def _loop(weights, condition, frame_length, n_words, sharpness, guidance, uniform, codes, logits, forced):
    """Fill `codes` sample by sample; with `forced`, take them as given and keep all logits.

    Guided, clip b + n_words is clip b once more, but told the voice alone.
    """
    dilations, table, taps, kernel, residual, bias, skip, skip_bias, head, head_bias, last, last_bias = (
        weights
    )
    n_samples, n_clips = codes.shape
    guided = guidance != np.float32(1.0)
    n_layers, n2 = kernel.shape[:2]
    n, n_taps = n2 // 2, len(taps)
    ends = np.cumsum(dilations)
    queue = np.zeros((ends[-1], n, n_clips), np.float32)
    values = np.zeros((n_taps, n_clips), np.float32)
    both = np.empty((n2, n_clips), np.float32)
    past, x = both[:n], both[n:]
    a = np.empty((n2, n_clips), np.float32)
    z = np.empty((n_layers * n, n_clips), np.float32)
    s = np.empty((len(skip_bias), n_clips), np.float32)
    h = np.empty((len(head_bias), n_clips), np.float32)
    for t in range(n_samples):
        # the first convolution: a row of the table for the last sample, and the last values
        x[:] = 0.0
        if t > 0:
            for b in range(n_clips):
                for j in range(n):
                    x[j, b] = table[codes[t - 1, b], j]
        _add_product(taps, values, x)
        frame = t // frame_length
        for i in range(n_layers):
            # the entry that is dilation_i samples old makes room for the present one
            entry = queue[ends[i] - dilations[i] + t % dilations[i]]
            _copy(entry, past)
            _copy(x, entry)
            _copy(condition[frame, i], a)
            _add_product(kernel[i], both, a)
            z_i = z[i * n : (i + 1) * n]
            _gate(a, z_i)
            _add(bias[i], x)
            _add_product(residual[i], z_i, x)
        _copy(skip_bias, s)
        _add_product(skip, z, s)
        row = logits[t] if forced else logits[0]
        _relu(s)
        _copy(head_bias, h)
        _add_product(head, s, h)
        _relu(h)
        _copy(last_bias, row)
        _add_product(last, h, row)
        if not forced:
            for b in range(n_words):
                loudest = np.float32(0.0)
                for k in range(n_taps):
                    loudest = max(loudest, abs(values[k, b]))
                if loudest < _QUIET:
                    codes[t, b] = _draw(row[:, b], 1.0, uniform[t, b])
                else:
                    if guided:
                        for k in range(len(row)):
                            row[k, b] = row[k, b + n_words] + guidance * (row[k, b] - row[k, b + n_words])
                    codes[t, b] = _draw(row[:, b], sharpness, uniform[t, b])
            for b in range(n_words, n_clips):  # those that are not told go on with the same sample
                codes[t, b] = codes[t, b % n_words]
        for b in range(n_clips):
            for k in range(n_taps - 1):
                values[k, b] = values[k + 1, b]
            values[n_taps - 1, b] = np.float32(2.0 / (len(last_bias) - 1)) * np.float32(
                codes[t, b]
            ) - np.float32(1.0)


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


# tanh x ≈ p(x) / q(x) = x P(x²) / Q(x²), fitted for |x| ≤ 8.6, beyond which tanh is ±1 but for 7e-8. The
# error stays below 1e-6.
_P = (
    0.9999999391409137,
    0.1339970916836577,
    0.003518069248935094,
    2.0991833677827235e-05,
    1.3912972463017148e-08,
)
_Q = (1.0, 0.4673301815347487, 0.025961747698617105, 0.0003322933457895596, 7.998904125071643e-07)
_P0, _P1, _P2, _P3, _P4 = (np.float32(p) for p in _P)
_Q0, _Q1, _Q2, _Q3, _Q4 = (np.float32(q) for q in _Q)
_LIMIT, _HALF = np.float32(8.6), np.float32(0.5)


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
def _relu(x):
    flat = x.reshape(-1)
    for k in range(len(flat)):
        flat[k] = max(flat[k], np.float32(0.0))


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
def _draw(logits, sharpness, uniform):
    """Do what `draw` does."""
    highest = logits.max()
    weight = np.empty(len(logits), np.float64)
    for k in range(len(logits)):
        weight[k] = np.exp(sharpness * (np.float64(logits[k]) - np.float64(highest)))
    limit, total = uniform * weight.sum(), 0.0
    for k in range(len(logits)):
        total += weight[k]
        if total > limit:
            return k
    return len(logits) - 1


def _is_quiet(model: WaveNet, codes: np.ndarray) -> bool:
    """Say whether the last samples are all soft."""
    values = 2 * codes[-model.config_.n_taps :] / (model.config_.n_levels - 1) - 1
    return not len(values) or np.abs(values).max() < _QUIET


def _forward(model: WaveNet, wanted: _Wanted, codes: np.ndarray) -> np.ndarray:
    """Compute all logits with Keras; silence completes the last frame, and is cut off again."""
    n_samples, frame_length = codes.shape[1], model.config_.frame_length
    rest = -n_samples % frame_length
    codes = np.pad(codes, ((0, 0), (0, rest)), constant_values=SILENCE).astype(np.int32)
    positions = wanted.positions[:, : codes.shape[1] // frame_length]
    return np.asarray(model((codes, wanted.digits, wanted.voices, positions)))[:, :n_samples]


def _checked_codes(model: WaveNet, codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.ndim != 1 or codes.dtype.kind not in "iu" or not codes.size:
        raise TypeError(f"codes is {codes.dtype} of shape {codes.shape}; expected whole numbers of one clip.")
    if codes.min() < 0 or codes.max() >= model.config_.n_levels:
        raise ValueError(
            f"codes runs from {codes.min()} to {codes.max()}; expected 0 to {model.config_.n_levels - 1}."
        )
    return codes.astype(np.int32)


class _Wanted:
    """What a caller asks for, checked, as numbers; and all the chance there will be."""

    def __init__(
        self,
        model: WaveNet,
        n_samples: int,
        digits: Sequence[int],
        voices: Sequence[str | None] | None,
        n_words: Sequence[int | str | None] | None,
        temperature: float = 1.0,
        guidance: float = 1.0,
        seed: int = 0,
    ):
        self.n_samples = int(check_positive(n_samples, "n_samples", integer=True))
        self.temperature = float(check_positive(temperature, "temperature"))
        self.guidance = float(check_range(guidance, "guidance", 0.0, 20.0))
        check_range(seed, "seed", 0, 2**63 - 1, integer=True)
        n_clips = len(digits)
        voices = [None] * n_clips if voices is None else list(voices)
        n_words = [None] * n_clips if n_words is None else list(n_words)
        if not n_clips or len(voices) != n_clips or len(n_words) != n_clips:
            raise ValueError(
                f"{n_clips} digits, {len(voices)} voices and {len(n_words)} n_words; expected as many of "
                "each, at least one."
            )
        for digit in digits:
            check_range(digit, "digit", 0, len(model.label_names) - 1, integer=True)
        self.digits = np.array(list(digits), np.int32)
        self.voices = np.array([model.voice_number(voice) for voice in voices], np.int32)
        self.positions = np.stack(
            [
                model.positions(n_samples, _word(model, *each))
                for each in zip(digits, voices, n_words, strict=True)
            ]
        )
        self.uniform = np.stack(
            [np.random.default_rng((seed, b)).random(n_samples) for b in range(n_clips)], axis=1
        )

    def only(self, b: int) -> _Wanted:
        """Return what is wanted of clip `b`."""
        one = copy(self)
        for name in ("digits", "voices", "positions"):
            setattr(one, name, getattr(self, name)[b : b + 1])
        one.uniform = np.ascontiguousarray(self.uniform[:, b : b + 1])
        return one


def _word(model: WaveNet, digit: int, voice: str | None, n_word: int | str | None) -> int | None:
    """Return the length to tell, None for none."""
    if isinstance(n_word, str):
        check_choice(n_word, "n_word", ["unknown"])
        return None
    return (
        model.word_length(digit, voice) if n_word is None else check_positive(n_word, "n_word", integer=True)
    )
