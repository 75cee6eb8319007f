"""Measurements of chapter 14; some want chapter 08's recogniser, so they are called, not run.

``new_voice.csv``: a voice that the durations network has never heard, from 5, 20 and 60 seconds of it, or all
that there is. Three ways: the known voice that fits best (nothing is learned), a vector of its own (which is
kept), all weights.
``spoken.csv``: what DNSMOS, which imitates listeners, says of spoken sentences and of copies.
``spellings.csv``: the same texts read by letters and by phones: sentences (which words the recogniser
understands), prompts and single words that no network has learned (how far from the recordings)::

    from audio_edu.families import load_model
    from audio_edu.generation.tacotron.experiments import write_new_voices, write_spellings, write_spoken
    from audio_edu.recognition.ctc import force_align

    write_new_voices(load_model("ctc"), force_align)
    write_spoken()  # needs speechmos
    write_spellings(load_model("ctc"))  # needs flite, which says the single words
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal

from ...datasets import Corpus, load_sentences, load_speech, load_words
from ...datasets.lexicon import load_lexicon
from ...metrics import word_edits
from ...training import as_array, checkpoint_dir, write_table
from ..mel import scaled_mel
from ..vocoder import load_vocoder
from ..vocoder.experiments import dnsmos
from ..vocoder.generate import vocode
from .align import ends_heard
from .data import N_LETTERS, Spoken, collate, to_groups, trimmed
from .evaluate import mel_cepstral_distance, readings, texts_and_voices, understood
from .family import FAMILY, load_tacotron
from .generate import VOICE, Durations
from .model import N_END
from .text import to_symbols

#: Voices that no network here has heard, seconds that are learned from, and sentences kept for judging.
NEW, AMOUNTS_S, N_KEPT = ("ked-00", "ked-05"), (5.0, 20.0, 60.0), 3
#: Texts that are judged, steps, clips in a batch, and the learning rates of the two ways that learn.
N_TEXTS, N_STEPS, N_BATCH = 20, 100, 8
#: New words that are read by letters and by phones, besides irregular ones.
N_WORDS = 200
RATES = {"vector": 1e-2, "all weights": 3e-4}


def spoken_by(voice: str, corpora: Sequence[Corpus]) -> list[tuple[np.ndarray, str]]:
    """Return all clips of a voice, without silence around them, with their texts."""
    return [
        (trimmed(corpus.audio[i]), corpus.targets.texts[i])
        for corpus in corpora
        for i in np.flatnonzero(corpus.voices == voice)
    ]


def as_numbers(
    pairs: Sequence[tuple[np.ndarray, str]], most_s: float, recognizer: Any, align: Callable, reduction: int
) -> tuple[list[Spoken], float]:
    """Align clips until there are so many seconds of them; return them, and how long they are (s)."""
    found, seconds = [], 0.0
    for x, text in pairs:
        ends = ends_heard(x, text, recognizer, align)
        if ends is None or seconds + len(x) / 8000 > most_s:
            continue
        mel, seconds = scaled_mel(x), seconds + len(x) / 8000
        durations = to_groups(ends / ends[-1], -(-len(mel) // reduction))
        found.append(Spoken(to_symbols(text), 0, mel, durations))
    return found, seconds


def batch_of(model: Durations, clips: Sequence[Spoken]) -> tuple:
    """Put clips together, filled up to few sizes."""
    n_groups = max(int(clip.durations.sum()) for clip in clips) + N_END
    n_letters = max(len(clip.letters) for clip in clips)
    return collate(model.recipe, clips, -(-n_groups // 64) * 64, -(-n_letters // N_LETTERS) * N_LETTERS)


def nearest_voice(model: Durations, clips: Sequence[Spoken]) -> int:
    """Return the number of the known voice whose frames come nearest to those of the clips."""
    letters, _, frames, n_groups, *rest = batch_of(model, clips[:N_BATCH])
    within = np.arange(frames.shape[1]) < n_groups[:, None] * model.recipe.reduction
    off = []
    for voice in range(len(model.voices)):
        numbers = np.full(len(letters), voice, np.int32)
        made, _ = model.network((letters, numbers, frames, n_groups, *rest), training=False)
        off.append(np.abs(np.asarray(made) - frames)[within].mean())
    return int(np.argmin(off))


def with_one_voice(model: Durations, voice: int, way: str) -> Durations:
    """Return a model that knows one of a model's voices only, and learns what the way says."""
    rate = RATES.get(way, 1e-3)
    recipe = replace(
        model.recipe, n_steps=N_STEPS, schedule_steps=0, start="", learning_rate=rate, ema_decay=0.9
    )
    new = FAMILY.build(recipe, {**model.facts, "voices": ["new"]})
    for mine, other in zip(new.network.weights, model.network.weights, strict=True):
        values = as_array(other)  # a copy: training in JAX uses up what it begins with
        mine.assign(values if mine.shape == other.shape else values[voice : voice + 1])
    if way == "vector":
        for weight in new.network.trainable_variables:
            weight.trainable = weight.path.endswith("voices/embeddings")
    return new


def voice_vector(model: Durations) -> np.ndarray:
    """Return the vector of a model's only voice [shape=(n_embed,)]."""
    return as_array(model.network.encoder.voices.embeddings)[0]


def learn(model: Durations, clips: Sequence[Spoken], seed: int = 0) -> None:
    """Go on training a model on a few clips."""
    rng, (optimizer, network) = np.random.default_rng(seed), model.optimizers[0]
    optimizer.build(network.trainable_variables)
    for _ in range(N_STEPS):
        chosen = rng.choice(len(clips), min(N_BATCH, len(clips)), replace=False)
        model.train_on_batch(*batch_of(model, [clips[i] for i in chosen]))
    optimizer.finalize_variable_values(network.trainable_variables)


def new_voices(judge: Any, align: Callable, voices: Sequence[str] = NEW) -> Iterator[dict[str, Any]]:
    """Yield a row for each voice, amount and way."""
    model, vocoder, sentences = load_tacotron("durations"), load_vocoder(), load_sentences()
    for voice in voices:
        own = spoken_by(voice, [sentences])
        kept, pairs = own[:N_KEPT], [*own[N_KEPT:], *spoken_by(voice, [load_words()])]
        others = sentences.test.targets.texts
        texts = [text for text in others if text not in [text for _, text in own]][:N_TEXTS]
        for amount in AMOUNTS_S:
            clips, seconds = as_numbers(pairs, amount, judge, align, model.recipe.reduction)
            known = nearest_voice(model, clips)
            for way in ("nearest known", "vector", "all weights"):
                new = with_one_voice(model, known, way)
                if way in RATES:
                    learn(new, clips)
                sounds = vocode(vocoder, [one.mel for one in new.speak(texts, ["new"] * len(texts))])
                again = new.speak([text for _, text in kept], ["new"] * len(kept))
                off = [
                    mel_cepstral_distance(a.mel, scaled_mel(x)) for a, (x, _) in zip(again, kept, strict=True)
                ]
                heard = understood(judge, sounds, texts)
                yield {
                    "voice": voice, "seconds": round(seconds, 1), "way": way, "known": model.voices[known],
                    "n": heard["n"], "understood": heard["understood"],
                    "low": heard["interval"][0], "high": heard["interval"][1],
                    "distance_db": round(float(np.mean(off)), 2),
                    "vector": " ".join(f"{x:.4f}" for x in voice_vector(new)) if way == "vector" else "",
                }  # fmt: skip


def write_new_voices(judge: Any, align: Callable, path: Path | None = None) -> None:
    """Write ``new_voice.csv``."""
    write_table(path or checkpoint_dir() / "new_voice.csv", new_voices(judge, align))


def spoken(n: int = N_TEXTS) -> Iterator[dict[str, Any]]:
    """Yield what DNSMOS says of sentences that each network speaks, and of copies of recordings."""
    vocoder, corpus = load_vocoder(), load_speech()
    mels: dict[str, list[np.ndarray]] = {}
    for name in ("tacotron", "durations"):
        texts, voices, recordings = texts_and_voices(model := load_tacotron(name), corpus, "test")
        some = slice(None, None, max(1, len(texts) // n))  # of all speakers, as the copies
        mels[name] = [one.mel for one in readings(model, texts[some][:n], voices[some][:n])]
        mels["copies"] = [scaled_mel(trimmed(x)) for x in recordings.audio[:: len(recordings) // n][:n]]
    sounds = {name: vocode(vocoder, each) for name, each in mels.items()}
    sounds["recordings"] = [trimmed(x) for x in recordings.audio[:: len(recordings) // n][:n]]
    for name, each in sounds.items():
        for i, x in enumerate(each):
            yield {"system": name, "clip": i} | {k: f"{v:.3f}" for k, v in dnsmos(x, 8000).items()}


def write_spoken(path: Path | None = None) -> None:
    """Write ``spoken.csv``."""
    write_table(path or checkpoint_dir() / "spoken.csv", spoken())


def learned_words(corpus: Corpus) -> set[str]:
    """Return all words of the texts that networks here have learned from."""
    return {word for text in corpus.development.targets.texts for word in text.split()}


def recorded_words(corpus: Corpus) -> tuple[list[str], list[np.ndarray]]:
    """Return new words, irregular ones and some by chance, and how `VOICE`'s synthesiser says them."""
    from ...datasets._build_lexicon import IRREGULAR
    from ...datasets._build_sentences import spoken
    from ...datasets._speakers import PEOPLE

    rng, known = np.random.default_rng(14), learned_words(corpus)
    others = sorted(w for w in set(load_lexicon()) - known - set(IRREGULAR) if len(w) > 2 and "'" not in w)
    words = [*(w for w in IRREGULAR if w not in known), *rng.choice(others, N_WORDS, replace=False).tolist()]
    (speaker,) = (one for one in PEOPLE if (one.name, one.engine) == (VOICE.split("-")[0], "flite"))
    clips = [scipy.signal.resample_poly(x, 8000, rate) for x, rate in (spoken(speaker, w) for w in words)]
    return words, [trimmed(x.astype(np.float32)) for x in clips]


def spellings(judge: Any) -> Iterator[dict[str, Any]]:
    """Yield a row for each text and each way to read it."""
    from ...datasets._build_lexicon import IRREGULAR

    corpus, vocoder = load_speech(), load_vocoder()
    known, test = learned_words(corpus), corpus.test
    source, kind = test.info["source"], test.info["kind"]
    models = {name: load_tacotron(name) for name in ("durations", "durations_phones")}
    voices = [voice for voice in models["durations"].voices if voice != "allison"]
    texts = list(dict.fromkeys(test.targets.texts[i] for i in np.flatnonzero(source == "sentences")))
    prompts = test.select(np.flatnonzero((kind == "prompt") & (test.lengths < 48_000)))
    words, sounds = recorded_words(corpus)
    tasks = {
        "sentences": (texts, [voices[i % len(voices)] for i in range(len(texts))], [None] * len(texts)),
        "prompts": (prompts.targets.texts, prompts.voices.tolist(), [trimmed(x) for x in prompts.audio]),
        "words": (words, [VOICE] * len(words), sounds),
    }
    for task, (said, who, recordings) in tasks.items():
        for name, phones in (("durations", False), ("durations_phones", False), ("durations_phones", True)):
            mels = [one.mel for one in models[name].speak(list(said), who, phones=phones)]
            heard = [judge.transcribe(x) for x in vocode(vocoder, mels)] if task == "sentences" else said
            edits = word_edits(list(said), heard)
            for i, (text, mel, x) in enumerate(zip(said, mels, recordings, strict=True)):
                yield {
                    "task": task, "network": name, "spelling": "phones" if phones else "letters",
                    "voice": who[i], "text": text, "irregular": int(text in IRREGULAR),
                    "new_words": sum(word not in known for word in text.split()),
                    "words": edits[i, 3], "errors": edits[i, :3].sum() if x is None else "",
                    "distance_db": "" if x is None else f"{mel_cepstral_distance(mel, scaled_mel(x)):.3f}",
                }  # fmt: skip


def write_spellings(judge: Any, path: Path | None = None) -> None:
    """Write ``spellings.csv``."""
    write_table(path or checkpoint_dir() / "spellings.csv", spellings(judge))
