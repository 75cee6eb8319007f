"""Generating with a WaveNet: draw a sample, append it, ask for the next.

`generate_naive` does just that, and computes the whole past anew for every sample. Nearly all of it was
computed before: of the past, layer i needs what it took in `dilation_i` samples ago, and nothing else.
`generate` keeps it in one *queue* a layer and so computes each thing once (see
`audio_edu.generation.wavenet_loop`).

Every clip has its own chance: clip ``b`` of a batch draws from ``np.random.default_rng((seed, b))``, one
number for each sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np

from .._validate import check_choice, check_positive, check_range
from ..signal import mu_law_decode
from .wavenet import SILENCE, WaveNet
from .wavenet_loop import QUIET, pack, run
from .wavenet_prediction import AdaptiveAR

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
    run(
        pack(model, n_lanes), np.ascontiguousarray(condition.transpose(1, 2, 3, 0)), c.frame_length, n_words,
        1.0 / wanted.temperature, np.float32(wanted.guidance), wanted.uniform, codes, logits, keep,
        AdaptiveAR(c.ar_order or 1).constants,
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


def _is_quiet(model: WaveNet, codes: np.ndarray) -> bool:
    """Say whether the last samples are all soft."""
    values = 2 * codes[-model.config_.n_taps :] / (model.config_.n_levels - 1) - 1
    return not len(values) or np.abs(values).max() < QUIET


def _forward(model: WaveNet, wanted: _Wanted, codes: np.ndarray) -> np.ndarray:
    """Compute all logits with Keras; silence completes the last frame, and is cut off again."""
    n_samples, frame_length = codes.shape[1], model.config_.frame_length
    rest = -n_samples % frame_length
    codes = np.pad(codes, ((0, 0), (0, rest)), constant_values=SILENCE).astype(np.int32)
    positions = wanted.positions[:, : codes.shape[1] // frame_length]
    return np.asarray(model(model.inputs(codes, wanted.digits, wanted.voices, positions)))[:, :n_samples]


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
