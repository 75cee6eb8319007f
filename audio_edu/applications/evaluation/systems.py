"""What is compared: every way of the book to copy, spoil, mend or generate the same spoken digits.

A `System` is made from passages, twelve telephone numbers of four digits by voices that no model has heard.
It either *copies* them, so that the copy can be laid beside the recording, or *speaks* the same digits with
a voice of its own. A new family adds its own `System` to `SYSTEMS`, and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np

from ..._validate import checked
from ...datasets import load_digits
from ...reproducible import SEED
from ...signal import (
    ROOMS,
    fast_convolve,
    low_pass,
    mu_law_decode,
    mu_law_encode,
    room_response,
    trim_silence,
    wiener_denoise,
)
from .degrade import add_hum, add_noise, all_pass, clip_peaks, lose_packets, speak_as_robot

#: Passages, digits in each, and the silence between two of them (s).
N_PASSAGES, N_DIGITS, PAUSE_S = 12, 4, 0.1


@dataclass(frozen=True)
class Passage:
    """Some spoken digits in a row.

    Attributes
    ----------
    x : np.ndarray [shape=(n_samples,)]
        The recording.
    digits : tuple of int
        What is said.
    spans : tuple of (start, end)
        Where each digit is, in samples.
    voice, text : str
        Who says it; the digits as words.
    wrong : np.ndarray
        A digit that is *not* said, by this voice.
    other : tuple of np.ndarray
        The same digits by another voice.
    """

    x: np.ndarray
    digits: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    voice: str
    text: str
    wrong: np.ndarray
    other: tuple[np.ndarray, ...]

    def words(self, y: np.ndarray) -> list[np.ndarray]:
        """Cut a copy into its digits."""
        return [y[start:end] for start, end in self.spans]


@checked
def join(words: Sequence[np.ndarray], sample_rate: int) -> tuple[np.ndarray, tuple[tuple[int, int], ...]]:
    """String words together with a tenth of a second between two, and say where each is.

    Examples
    --------
    >>> x, spans = join([np.ones(3), np.ones(2)], 20)
    >>> x.tolist(), spans
    ([1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0], ((0, 3), (5, 7)))
    """
    pause, parts, spans, at = np.zeros(round(PAUSE_S * sample_rate)), [], [], 0
    for i, word in enumerate(words):
        if i:
            parts.append(pause)
            at += len(pause)
        parts.append(word)
        spans.append((at, at + len(word)))
        at += len(word)
    return np.concatenate(parts), tuple(spans)


@checked
def passages(n: Annotated[int, (1, 28)] = N_PASSAGES) -> list[Passage]:
    """Return passages of the test voices of ``data/digits``: each by another voice, always the same ones."""
    test, rng = load_digits().test, np.random.default_rng(SEED)
    voices = np.unique(test.voices)
    chosen = voices[np.unique(np.linspace(0, len(voices) - 1, n).astype(int))]

    def clip(voice: str, digit: int) -> np.ndarray:
        rows = np.flatnonzero((test.voices == voice) & (test.labels == digit))
        return test.audio[rows[0]].astype(np.float64)

    found = []
    for i, voice in enumerate(chosen):
        digits = rng.permutation(10)[: N_DIGITS + 1]
        x, spans = join([clip(voice, d) for d in digits[:N_DIGITS]], test.sample_rate)
        other = chosen[(i + len(chosen) // 2) % len(chosen)]
        text = " ".join(test.label_names[d] for d in digits[:N_DIGITS])
        others = tuple(clip(other, d) for d in digits[:N_DIGITS])
        said = tuple(int(d) for d in digits[:N_DIGITS])
        found.append(Passage(x, said, spans, str(voice), text, clip(voice, digits[N_DIGITS]), others))
    return found


Copy = Callable[[np.ndarray, int], np.ndarray]
Copies = Callable[[list[Passage], int], list[np.ndarray]]
Words = Callable[[list[Passage], int], list[list[np.ndarray]]]


@dataclass(frozen=True)
class System:
    """A way to make sounds of the passages.

    One of `copy`, `copies` and `words` is given.

    Parameters
    ----------
    kind : str
        ``recording``, ``tricked`` (spoilt where one hears nothing), ``spoilt``, ``coded``, ``vocoded`` (made
        from spectra alone), ``restored`` or ``generated``.
    copy : callable, optional
        From one passage's samples and the sample rate to a copy.
    copies : callable, optional
        From all passages to their copies, for what is made in batches.
    words : callable, optional
        From all passages to the words of each, spoken anew: there is no recording to lay them beside.
    """

    kind: str
    copy: Copy | None = None
    copies: Copies | None = None
    words: Words | None = None

    def __call__(self, given: list[Passage], sample_rate: int) -> list[tuple[np.ndarray, list[np.ndarray]]]:
        """Return of each passage the sound and its words."""
        if self.words:
            return [(join(words, sample_rate)[0], words) for words in self.words(given, sample_rate)]
        if self.copies:
            sounds = self.copies(given, sample_rate)
        else:
            sounds = [self.copy(p.x, sample_rate) for p in given]  # type: ignore[misc]
        return [(y, p.words(y)) for p, y in zip(given, sounds, strict=True)]


def _mu_law(bits: int) -> Copy:
    return lambda x, rate: mu_law_decode(mu_law_encode(x, 2**bits), 2**bits)


def _codec(n_stages: int) -> Copies:
    def copies(given: list[Passage], rate: int) -> list[np.ndarray]:
        from ..codec import load_codec

        model = load_codec()
        return [model.decode(model.encode(p.x, n_stages=n_stages)).astype(float) for p in given]

    return copies


def _opus(kbps: int) -> Copy:
    def copy(x: np.ndarray, rate: int) -> np.ndarray:
        from ..codec.experiments import by_opus

        return by_opus(x, rate, kbps)[0].astype(float)

    return copy


def _flow(temperature: float | None) -> Copies:
    def copies(given: list[Passage], rate: int) -> list[np.ndarray]:
        from ...generation.flow import evaluate, generate, load_flow

        model, clips = load_flow(), [p.x.astype(np.float32) for p in given]
        if temperature is None:
            return evaluate.griffin_lim_copies(model, clips)
        return generate.copy_clips(model, clips, temperature=temperature)

    return copies


def _vocoder(given: list[Passage], rate: int) -> list[np.ndarray]:
    from ...generation.vocoder import load_vocoder
    from ...generation.vocoder.generate import copy_clips

    return [y.astype(float) for y in copy_clips(load_vocoder(), [p.x.astype(np.float32) for p in given])]


def _restored(task: str, way: str = "network") -> Copies:
    """Spoil the passages as above, and mend them by one of the ways of chapter 17."""

    def copies(given: list[Passage], rate: int) -> list[np.ndarray]:
        from ..restoration import load_restorer
        from ..restoration.evaluate import Trial, systems

        mend, found = systems(load_restorer(task))[way], []
        for p in given:
            x = p.x.astype(np.float32)
            if task == "denoise":
                y, known = add_noise(x, 10.0), np.zeros(len(x), bool)
            elif task == "declip":
                y = clip_peaks(x)
                known = np.abs(y) < np.abs(y).max()
            else:
                y, known = lose_packets(x, rate), lose_packets(np.ones_like(x), rate) > 0
            found.append(mend(Trial("", 0, task, 0.0, x, y.astype(np.float32), known)).astype(float))
        return found

    return copies


def _reader(given: list[Passage], rate: int) -> list[list[np.ndarray]]:
    """Let the durations network read each digit, every passage with another of its voices."""
    from ...generation.tacotron.family import FAMILY

    model, found = FAMILY.load("durations"), []
    for i, p in enumerate(given):
        said = [FAMILY.generate(model, FAMILY.Options(text=word, seed=i))[0] for word in p.text.split()]
        found.append([_trimmed(word, rate) for word in said])
    return found


def _trimmed(word: np.ndarray, rate: int) -> np.ndarray:
    """Cut the silence around a word that was generated, and bring it to one level."""
    word = trim_silence(word, rate, keep_s=0.02).astype(float)
    return 0.9 * word / max(np.abs(word).max(), 1e-6)


def _speaker(load: Callable[[], tuple[Any, Any]]) -> Words:
    """Let a family say each digit, every passage with another seed."""

    def words(given: list[Passage], rate: int) -> list[list[np.ndarray]]:
        family, model = load()
        found = []
        for i, p in enumerate(given):
            said = [
                family.generate(model, family.Options(digit=(d,), seed=SEED + 10 * i + k))[0]
                for k, d in enumerate(p.digits)
            ]
            found.append([_trimmed(word, rate) for word in said])
        return found

    return words


def _gan() -> tuple[Any, Any]:
    from ...generation.gan.family import FAMILY

    return FAMILY, FAMILY.load("gan")


def _gan_waveform() -> tuple[Any, Any]:
    from ...generation.gan.family import FAMILY

    return FAMILY, FAMILY.load("gan_waveform")


def _wavenet() -> tuple[Any, Any]:
    from ...generation.wavenet.family import FAMILY

    return FAMILY, FAMILY.load("wavenet")


def _one_wrong(given: list[Passage], rate: int) -> list[np.ndarray]:
    """Put another digit, by the same voice, in the place of the second one."""
    copies = []
    for p in given:
        (start, end), y = p.spans[1], p.x.copy()
        wrong = p.wrong[: end - start]
        y[start:end] = 0.0
        y[start : start + len(wrong)] = wrong
        copies.append(y)
    return copies


def _low_pass(cutoff_hz: float) -> Copy:
    return lambda x, rate: np.convolve(x, low_pass(cutoff_hz, rate), mode="same")


def _in_a_room(x: np.ndarray, rate: int) -> np.ndarray:
    room = ROOMS["classroom"]
    h = room_response(rate, room.rt60_s, size_m=room.size_m)
    y = fast_convolve(x, h)[: len(x)]
    return y * np.sqrt(np.mean(x**2) / np.mean(y**2))


SYSTEMS: Mapping[str, System] = MappingProxyType(
    {
        "recording": System("recording", lambda x, rate: x.copy()),
        "half the level": System("tricked", lambda x, rate: 0.5 * x),
        "sign flipped": System("tricked", lambda x, rate: -x),
        "one sample late": System("tricked", lambda x, rate: np.r_[0.0, x[:-1]]),
        "all-pass": System("tricked", lambda x, rate: all_pass(x)),
        "hum at 40 Hz, 0 dB": System("tricked", lambda x, rate: add_hum(x, 0.0, rate)),
        "hiss, 60 dB": System("tricked", lambda x, rate: add_noise(x, 60.0)),
        "noise, 20 dB": System("spoilt", lambda x, rate: add_noise(x, 20.0)),
        "noise, 10 dB": System("spoilt", lambda x, rate: add_noise(x, 10.0)),
        "noise, 0 dB": System("spoilt", lambda x, rate: add_noise(x, 0.0)),
        "low-pass, 2 kHz": System("spoilt", _low_pass(2000)),
        "low-pass, 1 kHz": System("spoilt", _low_pass(1000)),
        "clipped, 15 dB": System("spoilt", lambda x, rate: clip_peaks(x)),
        "lost packets, 10 %": System("spoilt", lambda x, rate: lose_packets(x, rate)),
        "in a room": System("spoilt", _in_a_room),
        "one wrong word": System("spoilt", copies=_one_wrong),
        "µ-law, 2 bits": System("coded", _mu_law(2)),
        "µ-law, 3 bits": System("coded", _mu_law(3)),
        "µ-law, 4 bits": System("coded", _mu_law(4)),
        "codec, 1 stage": System("coded", copies=_codec(1)),
        "codec, 2 stages": System("coded", copies=_codec(2)),
        "codec, 5 stages": System("coded", copies=_codec(5)),
        "codec, 10 stages": System("coded", copies=_codec(10)),
        "Opus, asked for 6": System("coded", _opus(6)),
        "Opus, asked for 8": System("coded", _opus(8)),
        "Opus, asked for 16": System("coded", _opus(16)),
        "Griffin-Lim": System("vocoded", copies=_flow(None)),
        "vocoder": System("vocoded", copies=_vocoder),
        "flow": System("vocoded", copies=_flow(1.0)),
        "flow, T = 0.5": System("vocoded", copies=_flow(0.5)),
        "robot": System("vocoded", lambda x, rate: speak_as_robot(x, rate)),
        "whisper": System("vocoded", lambda x, rate: speak_as_robot(x, rate, f0_hz=None)),
        "noise, 10 dB, Wiener": System("restored", lambda x, rate: wiener_denoise(add_noise(x, 10.0), rate)),
        "noise, 10 dB, denoiser": System("restored", copies=_restored("denoise")),
        "clipped, declipper": System("restored", copies=_restored("declip")),
        "lost packets, AR": System("restored", copies=_restored("fill", "autoregressive")),
        "lost packets, filler": System("restored", copies=_restored("fill")),
        "another voice": System("generated", words=lambda given, rate: [list(p.other) for p in given]),
        "GAN": System("generated", words=_speaker(_gan)),
        "GAN of samples": System("generated", words=_speaker(_gan_waveform)),
        "WaveNet": System("generated", words=_speaker(_wavenet)),
        "text to speech": System("generated", words=_reader),
    }
)
