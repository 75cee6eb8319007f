"""For every family a recipe and a corpus so small that a training takes seconds."""

import numpy as np
from tones import tones

from audio_edu.datasets import load_chorales, load_notes, load_scene_sources
from audio_edu.datasets import load_speech as load_speech_of_all
from audio_edu.families import CHECKPOINTS
from audio_edu.recognition.ctc.data import load_speech
from audio_edu.training import as_array, changed

NAMES = (
    *("cnn", "rnn", "attention", "ctc", "tagging", "gan", "vae", "wavenet", "flow", "vocoder"),
    *("tacotron", "durations", "durations_phones", "melody", "harmony", "music_vae", "music_gan", "codec"),
    *("denoise", "declip", "fill"),
)


def small(name):
    """Return the family of a checkpoint, its tiny recipe, and clips to learn from."""
    family = CHECKPOINTS[name].family()
    corpus = tones()
    if name == "vae":
        notes = load_notes()
        corpus = notes.select(np.arange(0, len(notes), 12))
    if name == "ctc":
        corpus = load_speech()
        corpus = corpus.select(np.arange(0, len(corpus), 9))
    if name == "tagging":
        corpus = load_scene_sources()
        corpus = corpus.select(np.arange(0, len(corpus), 9))
    tiny = family.tiny
    if family.package == "generation.tacotron":
        corpus = load_speech_of_all()
        tests = np.flatnonzero((corpus.split == "test") & (corpus.info["source"] == "sentences"))[:2]
        corpus = corpus.select(np.append(np.flatnonzero(corpus.voices == "slt-00"), tests))
        # letters hardly last yet: with fewer frames in a group nothing would sound
        recipe = family.recipes[name]
        tiny = changed(tiny, {"kind": recipe.kind, "phones": recipe.phones, "reduction": 4})
    if family.package == "generation.music":
        corpus = load_chorales()
        corpus = corpus.select(np.arange(0, len(corpus), 9))
        kind = family.recipes[name].kind
        tiny = changed(tiny, {"kind": kind})
    if family.package == "applications.restoration":
        tiny = changed(tiny, {"task": name})
    return family, tiny, corpus


def numbers(model):
    """Return all that a checkpoint would hold, in one row."""
    weights = [as_array(w).ravel() for w in model.weights.values()]
    return np.concatenate([*weights, *(a.ravel() for a in model.arrays.values())]).astype(np.float64)
