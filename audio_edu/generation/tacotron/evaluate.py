"""Scores of a network that speaks: what a recogniser understands, beside copies of real recordings.

A copy is a recording reduced to its mel spectrogram, and made a sound again by the same vocoder. It is the
ceiling: a network that made the very frames of a real voice would get its score.
"""

import functools
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import scipy.fft

from ..._validate import checked
from ...datasets import Corpus
from ...metrics import bootstrap_interval, cepstral_distance_db, error_rate, word_edits
from ..mel import mel_decibels, scaled_mel
from ..vocoder import load_vocoder
from ..vocoder.generate import vocode
from .data import trimmed
from .formulas import attention_faults
from .generate import Utterance

#: Texts that are judged, recordings that are copied, and cepstral coefficients that are compared.
N_MOST, N_COEFFICIENTS = 60, 13


@checked
def mel_cepstral_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return how far two mel spectrograms are apart, in dB, once they are aligned in time.

    Dynamic time warping pairs their frames; of each pair the cepstra c_1 to c_13 are compared,
    ``10 / ln 10 · √(2 Σ_k (c_k − c'_k)²)``, and the mean over all pairs is taken. Without c_0 the level does
    not count.

    Parameters
    ----------
    a, b : np.ndarray [shape=(n_frames, n_mels)]
        From `audio_edu.generation.mel.scaled_mel`.

    References
    ----------
    Kubichek (1993), Mel-cepstral distance measure for objective speech quality assessment.

    Examples
    --------
    >>> mel = np.random.default_rng(0).uniform(-1, 0, (20, 40))
    >>> mel_cepstral_distance(mel, np.repeat(mel, 2, axis=0) + 0.1)
    0.0
    """
    cepstra = []
    for mel in (a, b):
        if mel.ndim != 2 or mel.shape[1] <= N_COEFFICIENTS:
            raise ValueError(f"mel has shape {mel.shape}; expected (n_frames, n_mels).")
        cepstra.append(scipy.fft.dct(mel_decibels(mel), axis=0, norm="ortho")[1 : N_COEFFICIENTS + 1].T)
    return round(cepstral_distance_db(*cepstra, a.shape[1]), 6)


def readings(model: Any, texts: Sequence[str], voices: Sequence[str], **options: Any) -> list[Utterance]:
    """Read all texts."""
    return model.speak(list(texts), list(voices), **options)


def faults(spoken: Sequence[Utterance]) -> dict[str, float]:
    """Say how attention went: shares of steps that do not go back, and of texts without any fault."""
    counts = [attention_faults(one.alignment, most_back=1) for one in spoken]
    steps = sum(count["steps"] for count in counts)
    # it stopped by itself, had reached the last letter, and did not go on for more than 0.4 s behind it
    right = [one.stopped and after_the_end(one) is not None and after_the_end(one) <= 0.4 for one in spoken]
    return {
        "monotonic": round(1 - sum(count["back"] for count in counts) / max(1, steps), 4),
        "skips": int(sum(count["skips"] for count in counts)),
        "read_to_the_end": round(float(np.mean([count["missed"] <= 1 for count in counts])), 4),
        "stopped": round(float(np.mean([one.stopped for one in spoken])), 4),
        "stop_right": round(float(np.mean(right)), 4),
    }


def after_the_end(one: Utterance) -> float | None:
    """Return for how long it went on after it first looked at the last letter or the end (s)."""
    looked = np.flatnonzero(one.alignment.argmax(axis=1) >= one.alignment.shape[1] - 2)
    if not len(looked):
        return None
    return float((len(one.alignment) - looked[0]) / len(one.alignment) * len(one.mel) / 100)


def understood(judge: Any, sounds: Sequence[np.ndarray], texts: Sequence[str]) -> dict[str, Any]:
    """Return the share of words that a recogniser gets right, 1 − WER, with its interval over texts."""
    heard = [judge.transcribe(x) for x in sounds]
    edits = word_edits(list(texts), heard)
    low, high = bootstrap_interval(error_rate, edits)
    return {
        "n": len(texts),
        "understood": round(1 - error_rate(edits), 4),
        "interval": [round(1 - high, 4), round(1 - low, 4)],
    }


def texts_and_voices(model: Any, corpus: Corpus, split: str) -> tuple[list[str], list[str], Corpus]:
    """Return texts that are new to the model, a voice for each in turn, and recordings of these voices.

    The texts are those of the split's sentences; of another corpus all of them.
    """
    part = corpus.part(split)
    source = part.info.get("source", np.full(len(part), "sentences"))
    rows = np.flatnonzero(source == "sentences")[:N_MOST]
    texts = [part.targets.texts[i] for i in rows]
    voices = [voice for voice in model.voices if voice != "allison"] or list(model.voices)
    own = np.isin(corpus.voices, voices)
    if "source" in corpus.info:
        own &= corpus.info["source"] == "sentences"
    recordings = corpus.select(own)
    recordings = recordings.select(np.arange(len(recordings))[:: max(1, len(recordings) // N_MOST)][:N_MOST])
    return texts, [voices[i % len(voices)] for i in range(len(texts))], recordings


def evaluate(
    model: Any,
    corpus: Corpus,
    *,
    split: str = "test",
    judge: Any = None,
    make_sound: Callable[[Sequence[np.ndarray]], list[np.ndarray]] | None = None,
) -> dict[str, Any]:
    """Judge a model on texts that it has not learned from.

    Parameters
    ----------
    model : Tacotron or Durations
        The model.
    corpus : Corpus
        As `audio_edu.datasets.load_speech` returns it.
    split : {"train", "validation", "test", "all"}
        Whose texts.
    judge : Recognizer, optional
        That writes down what it hears. Without it nothing is said about what is understood.
    make_sound : callable, optional
        From mel spectrograms to sounds. Default: the vocoder that ships.

    Returns
    -------
    dict
        ``understood`` of ``spoken`` texts, of ``copies`` of these voices' training recordings, and of copies
        of ``unseen`` voices' recordings of the same texts, each with its interval; what `faults` says; and
        for the real voice ``distance_db``, the mean `mel_cepstral_distance` to its recordings of its test
        prompts, beside that between the recordings and what another voice makes of the texts.
    """
    texts, voices, recordings = texts_and_voices(model, corpus, split)
    began = perf_counter()
    spoken = readings(model, texts, voices)
    seconds = perf_counter() - began
    report: dict[str, Any] = {"n_texts": len(texts)} | faults(spoken)
    report["frames_s_per_s"] = round(sum(len(one.mel) for one in spoken) / 100 / seconds, 1)
    if judge is not None:
        make_sound = make_sound or functools.partial(vocode, load_vocoder())
        report["spoken"] = understood(judge, make_sound([one.mel for one in spoken]), texts)
        copies = make_sound([scaled_mel(trimmed(x)) for x in recordings.audio])
        report["copies"] = understood(judge, copies, recordings.targets.texts)
        part = corpus.part(split)
        new = part.select(np.isin(np.array(part.targets.texts), texts) & ~np.isin(part.voices, model.voices))
        if len(new):
            copies = make_sound([scaled_mel(trimmed(x)) for x in new.audio])
            report["unseen"] = understood(judge, copies, new.targets.texts)
    report |= _of_the_prompts(model, corpus.part(split))
    return report


def _of_the_prompts(model: Any, part: Corpus) -> dict[str, Any]:
    kind = part.info.get("kind", np.full(len(part), ""))
    rows = np.flatnonzero((kind == "prompt") & np.isin(part.voices, model.voices) & (part.lengths < 48_000))
    if not len(rows):
        return {}
    real = part.select(rows)
    texts, mels = list(real.targets.texts), [scaled_mel(trimmed(x)) for x in real.audio]
    own = readings(model, texts, real.voices.tolist())
    other = readings(model, texts, ["slt-00" if "slt-00" in model.voices else model.voices[0]] * len(texts))
    return {
        "n_prompts": len(texts),
        "distance_db": round(
            float(np.mean([mel_cepstral_distance(a.mel, b) for a, b in zip(own, mels, strict=True)])), 2
        ),
        "other_voice_distance_db": round(
            float(np.mean([mel_cepstral_distance(a.mel, b) for a, b in zip(other, mels, strict=True)])), 2
        ),
        "prompts_read_to_the_end": faults(own)["read_to_the_end"],
    }
