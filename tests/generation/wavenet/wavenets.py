"""Networks and a corpus so small that a test trains and asks them in seconds."""

from dataclasses import replace

import numpy as np

from audio_edu.datasets import Corpus, Labels
from audio_edu.generation.wavenet import FAMILY, TINY, WaveNetConfig

SMALL = WaveNetConfig(
    n_stacks=2, n_layers=4, n_residual=6, n_skip=8, n_head=12, n_taps=3, n_condition=5, frame_length=20
)
#: The same with linear prediction.
PREDICTIVE = replace(SMALL, ar_order=4)

#: Twelve steps of a network of three layers on clips of `beeps`, without noise and augmentation.
RECIPE = replace(
    TINY,
    row_lengths=(600,),
    samples_per_batch=1200,
    n_silence=60,
    p_noise=0.0,
    p_augment=0.0,
    config=replace(SMALL, n_stacks=1, n_layers=3),
)


def small_wavenet(config=SMALL, seed=0):
    """A network that has learned nothing, but with no weight at zero."""
    facts = {"label_names": ["one", "two", "three"], "voice_names": ["anna", "bert"], "sample_rate": 8000}
    model = FAMILY.build(replace(RECIPE, seed=seed, config=config, row_lengths=(640,)), facts)
    rng = np.random.default_rng(seed)
    for w in model.network.weights:
        w.assign_add(0.3 * rng.standard_normal(w.shape).astype(np.float32))
    return model


def beeps():
    """Twelve clips of three pitches by two voices."""
    rng = np.random.default_rng(0)
    audio, labels = [], []
    for i in range(12):
        t = np.arange(300 + 20 * i) / 8000
        audio.append((0.5 * np.sin(2 * np.pi * (200 + 150 * (i % 3)) * t + rng.random())).astype(np.float32))
        labels.append(i % 3)
    return Corpus(
        name="beeps",
        audio=tuple(audio),
        targets=Labels(labels, ("a", "b", "c")),
        voices=["anna" if i % 2 else "bert" for i in range(12)],
        split=["train"] * 12,
        sample_rate=8000,
    )
