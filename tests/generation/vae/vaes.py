"""Notes and a recipe so small that a VAE of them is trained in seconds."""

import librosa
import numpy as np

from audio_edu.datasets import Corpus, Labels
from audio_edu.generation.vae import NoteSettings, VaeRecipe

SETTINGS = NoteSettings(
    sample_rate=8000, n_samples=4000, n_fft=512, hop_length=128, bands_per_octave=12, n_bands=72
)
RECIPE = VaeRecipe(
    n_z=3, n_hidden=16, n_directions=8, sigma_db=4.0, beta=1.0, n_steps=60, batch_size=8, seed=5,
    semitones=1.0, settings=SETTINGS,
)  # fmt: skip


def two_instruments(n=48, seed=0):
    """Two "instruments", one with few and one with many partials, at several pitches."""
    rng, t = np.random.default_rng(seed), np.arange(4000) / 8000
    audio, labels, pitches = [], [], []
    for i in range(n):
        label, pitch = i % 2, int(rng.integers(50, 75))
        partials = range(1, 2 + 6 * label)
        x = sum(np.sin(2 * np.pi * k * librosa.midi_to_hz(pitch) * t) / k for k in partials)
        x = rng.uniform(0.05, 0.3) * x * np.exp(-rng.uniform(0, 4) * t)
        audio.append(x.astype(np.float32))
        labels.append(label)
        pitches.append(pitch)
    split = ["test" if i % 3 == 2 else "train" for i in range(n)]
    voices = [f"voice{i % 3}" for i in range(n)]
    targets, info = Labels(labels, ("dull", "bright")), {"pitch": np.array(pitches)}
    return Corpus("two instruments", tuple(audio), targets, voices, split, 8000, info)


CORPUS = two_instruments()
DEVELOPMENT = CORPUS.development
