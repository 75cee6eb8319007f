"""Generating with a WaveNet: sample from the table, append the sample, ask for the next.

`generate_naive` does just that, and computes the whole past anew for every sample. Nearly all of it was
computed before: of the past, layer i needs what it took in `dilation_i` samples ago, and nothing else.
`generate` keeps it in one *queue* a layer and so computes each thing once (see
`audio_edu.generation.wavenet.loop`).

Every clip has random numbers of its own: clip ``b`` of a batch takes them from ``np.random.default_rng((seed,
b))``, one for each sample.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..._validate import check_codes, check_range, checked
from ...signal import mu_law_decode
from ...training import option
from .data import SILENCE
from .linear_prediction import AdaptiveAR
from .loop import QUIET, pack, run, sample
from .model import WaveNet
from .request import Request

#: At which words are generated to be judged.
TEMPERATURE, GUIDANCE = 0.8, 3.0


@checked
@dataclass(frozen=True)
class Options:
    """What ``audio-edu generate`` can be asked for."""

    digit: tuple[int, ...] = option((7,), "what to say, 0 to 9, one or more; default: 7")
    voice: str | None = option(None, "whose voice, for example awb-00; default: nobody's in particular")
    seconds: float | None = option(None, "how long, silence after the word included; default: as it takes")
    guidance: float = option(GUIDANCE, "above 1: clearer, and less natural; default: as it was judged")
    temperature: float = option(TEMPERATURE, "below 1: more likely sounds; above: rarer ones")
    seed: int = option(0, "another seed, another sound")


@checked
def generate_digits(model: WaveNet, options: Options) -> tuple[np.ndarray, int]:
    """Say digits one after another, a tenth of a second apart.

    Returns
    -------
    x : np.ndarray of float32 [shape=(n_samples,)]
        The sound.
    sample_rate : int
        In Hz.
    """
    n_samples = None
    if options.seconds is not None:
        n_samples = round(check_range(options.seconds, "seconds", 0.01, 60) * model.sample_rate)
    parts: list[np.ndarray] = []
    for digit in options.digit:
        word = generate(
            model,
            n_samples or model.word_length(digit, options.voice),
            digit=digit,
            voice=options.voice,
            temperature=options.temperature,
            guidance=options.guidance,
            seed=options.seed,
        )
        parts += [np.zeros(model.sample_rate // 10, np.float32), word]
    return np.concatenate(parts[1:]), model.sample_rate


@checked
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
        Length of the clip.
    digit : int
        What to say: a number of `model.label_names`.
    voice : str, optional
        Who says it: one of `model.voice_names`. Default: the unknown voice.
    temperature : float
        The logits are divided by it. Below 1 likely samples become likelier still, above 1 all become more
        alike.
    guidance : float
        The logits given digit and voice differ from those given the voice alone. They are moved on in that
        direction: ``l = l_unconditional + guidance · (l_conditional − l_unconditional)``. 1 is the network as
        it is; 2 to 5 say more clearly what is asked for, with less variety. Anything but 1 costs a second
        network.
    seed : int
        Seed of the random numbers.
    n_word : int or "unknown", optional
        How many samples the word takes; silence follows. Default: what is usual for this voice
        (`WaveNet.word_length`). With "unknown" the network does not know, and has to find its way by what it
        said in the last quarter of a second.

    Returns
    -------
    np.ndarray of float32 [shape=(n_samples,)]
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
    request = Request(model, n_samples, [digit], [voice], [n_word], temperature, guidance, seed)
    return mu_law_decode(_sample_codes(model, request)[0], model.config.n_levels)


@checked
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
    np.ndarray of float32 [shape=(n_clips, n_samples)]
        Row 0 is what `generate` makes of the same seed.
    """
    request = Request(model, n_samples, digits, voices, n_words, temperature, guidance, seed)
    return mu_law_decode(_sample_codes(model, request), model.config.n_levels)


@checked
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
    x : np.ndarray of float32 [shape=(n_samples,)]
        The sound.
    logits : np.ndarray of float32 [shape=(n_samples, n_levels)]
        From which each sample was drawn.
    """
    request = Request(model, n_samples, [digit], [voice], [n_word], temperature, seed=seed)
    codes = np.full((1, n_samples), SILENCE, np.int32)
    logits = np.empty((n_samples, model.config.n_levels), np.float32)
    for t in range(n_samples):
        # all logits of the past, of which only the last are new
        logits[t] = _forward(model, request, codes[:, : t + 1])[0, t]
        effective = 1.0 if _is_quiet(model, codes[0, :t]) else temperature
        codes[0, t] = sample(logits[t], 1.0 / effective, request.uniform[t, 0])
    return mu_law_decode(codes[0], model.config.n_levels), logits


@checked
def teacher_forced_logits(
    model: WaveNet,
    codes: ArrayLike,
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
    np.ndarray of float32 [shape=(n_samples, n_levels)]
        Row ``t`` is about sample ``t`` and depends on the samples before it.
    """
    codes = _checked_codes(model, codes)
    return _forward(model, Request(model, len(codes), [digit], [voice], [n_word]), codes[None])[0]


@checked
def cached_logits(
    model: WaveNet,
    codes: ArrayLike,
    *,
    digit: int,
    voice: str | None = None,
    n_word: int | str | None = None,
) -> np.ndarray:
    """Compute the same sample by sample, with the queues of `generate`.

    Parameters and result are those of `teacher_forced_logits`.
    """
    codes = _checked_codes(model, codes)
    request = Request(model, len(codes), [digit], [voice], [n_word])
    logits = np.empty((len(codes), model.config.n_levels, 1), np.float32)
    _run(model, request, request.conditions(model)[0], np.ascontiguousarray(codes[:, None]), logits)
    return logits[:, :, 0]


def _sample_codes(model: WaveNet, request: Request) -> np.ndarray:
    """Generate codes [shape=(n_clips, n_samples)]."""
    n_clips, is_guided = len(request.digits), request.guidance != 1
    condition, unconditional = request.conditions(model)
    if is_guided:  # each clip takes a second lane, unconditional; and vectors want to be full
        n_lanes = max(2 * n_clips, 16)
        condition = np.concatenate([condition, unconditional[np.arange(n_clips, n_lanes) % n_clips]])
    codes = np.zeros((request.n_samples, len(condition)), np.int32)
    _run(model, request, condition, codes)
    return np.ascontiguousarray(codes[:, :n_clips].T)


def _run(
    model: WaveNet,
    request: Request,
    condition: np.ndarray,
    codes: ArrayLike,
    logits: np.ndarray | None = None,
) -> None:
    """Call the compiled loop: it fills `codes`, or, with `logits`, reads the codes and fills the logits."""
    c, n_lanes = model.config, len(condition)
    condition = condition.reshape(n_lanes, -1, len(c.dilations), 2 * c.n_residual).transpose(1, 2, 3, 0)
    is_forced = logits is not None
    if logits is None:
        logits = np.empty((1, c.n_levels, n_lanes), np.float32)
    run(
        pack(model, n_lanes), np.ascontiguousarray(condition), c.frame_length, len(request.digits),
        1.0 / request.temperature, np.float32(request.guidance), request.uniform, codes, logits, is_forced,
        astuple(AdaptiveAR(c.ar_order or 1)),
    )  # fmt: skip


def _is_quiet(model: WaveNet, codes: np.ndarray) -> bool:
    """Say whether the last samples are all soft."""
    values = 2 * codes[-model.config.n_taps :] / (model.config.n_levels - 1) - 1
    return not len(values) or np.abs(values).max() < QUIET


def _forward(model: WaveNet, request: Request, codes: np.ndarray) -> np.ndarray:
    """Compute all logits with Keras; silence completes the last frame, and is cut off again."""
    n_samples, frame_length = codes.shape[1], model.config.frame_length
    codes = np.pad(codes, ((0, 0), (0, -n_samples % frame_length)), constant_values=SILENCE)
    positions = request.positions[:, : codes.shape[1] // frame_length]
    return model.logits(codes, request.digits, request.voices, positions)[:, :n_samples]


def _checked_codes(model: WaveNet, codes: np.ndarray) -> np.ndarray:
    codes = check_codes(codes, "codes", model.config.n_levels)
    if codes.ndim != 1:
        raise ValueError(f"codes has shape {codes.shape}; expected one clip.")
    return codes.astype(np.int32)
