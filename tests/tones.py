"""A small corpus for tests: three "words", a rising, a falling and a steady tone, by four voices."""

import numpy as np

from audio_edu.datasets import Corpus, Labels

SPLITS = ("train", "train", "validation", "test")


def tones(n: int = 60, seed: int = 0) -> Corpus:
    """Return `n` clips of 0.15 to 0.28 s at 8 kHz."""
    rng, audio, labels = np.random.default_rng(seed), [], []
    for i in range(n):
        label, n_samples = i % 3, int(rng.integers(1200, 2200))
        f = rng.uniform(400, 900) * 2 ** (np.linspace(0, 1.5, n_samples) * (label - 1))
        x = np.sin(2 * np.pi * np.cumsum(f) / 8000) + 0.01 * rng.standard_normal(n_samples)
        audio.append((0.5 * x).astype(np.float32))
        labels.append(label)
    targets = Labels(labels, ("fall", "level", "rise"))
    voices, split = [f"voice{i % 4}" for i in range(n)], [SPLITS[i % 4] for i in range(n)]
    return Corpus("tones", tuple(audio), targets, voices, split, 8000)
