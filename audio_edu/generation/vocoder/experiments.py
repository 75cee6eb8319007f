"""The measurements behind chapter 14's table: ``python -m audio_edu.generation.vocoder.experiments``.

``vocoders.csv`` has a row for each passage of unseen speech and each way from its mel spectrogram back to
sound. Passages are clips strung together until each has 1.5 s: ``prompts``, a real voice, of whom other
prompts were learned from; ``voices``, sentences of synthetic voices that were left out of the training. The
flow learned from digits alone.

``true phase`` has the magnitudes that the mel spectrogram leaves, and the phases of the sound itself: what is
lost with the magnitudes. ``true magnitudes`` has the sound's own, and phases by Griffin-Lim: what is lost
with the phases.

Needs `pesq` and `pystoi`; and `speechmos` for ``dnsmos``, which imitates listeners that know no original.
"""

import argparse
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import librosa
import numpy as np

from ...datasets import Corpus, load_speech
from ...signal import griffin_lim, istft, mel_to_spectrogram, stft
from ...training import checkpoint_dir, write_table
from ..flow import load_flow
from ..flow.generate import copy_clips as flow_copies
from ..mel import HOP_LENGTH, N_FFT, mel_decibels, scaled_mel
from .evaluate import chosen_passages, griffin_lim_copies, scores
from .family import load_vocoder
from .generate import copy_clips
from .recipe import RECIPES

Copies = Callable[[Sequence[np.ndarray]], list[np.ndarray]]
_FRAMES = {"n_fft": N_FFT, "hop_length": HOP_LENGTH}


def with_true_phase(x: np.ndarray, sample_rate: int = 8000) -> np.ndarray:
    """Return a sound with the magnitudes that its mel spectrogram leaves, and its own phases."""
    power = 10 ** (mel_decibels(scaled_mel(x, sample_rate)) / 10)
    magnitude = mel_to_spectrogram(power, sample_rate, n_fft=N_FFT)
    return istft(magnitude * np.exp(1j * np.angle(stft(x, **_FRAMES))), **_FRAMES, length=len(x))


def with_true_magnitudes(x: np.ndarray) -> np.ndarray:
    """Return a sound with its own magnitudes, and phases by 60 steps of Griffin-Lim."""
    return griffin_lim(np.abs(stft(x, **_FRAMES)), n_iter=60, length=len(x), **_FRAMES)


def systems() -> dict[str, Copies]:
    """Return all ways from a sound to its mel spectrogram and back."""
    trained = {name: load_vocoder(name) for name in RECIPES}
    flow = load_flow()
    ways: dict[str, Copies] = {
        name: lambda clips, model=model: copy_clips(model, clips) for name, model in trained.items()
    }
    ways["flow"] = lambda clips: flow_copies(flow, clips)
    ways["griffin_lim_60"] = griffin_lim_copies
    ways["true phase"] = lambda clips: [with_true_phase(x) for x in clips]
    ways["true magnitudes"] = lambda clips: [with_true_magnitudes(x) for x in clips]
    return ways | {"itself": lambda clips: list(clips)}


def dnsmos(x: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Return the overall mark, 1 to 5, that DNSMOS gives a sound, where `speechmos` is installed."""
    if not importlib.util.find_spec("speechmos"):
        return {}
    from speechmos import dnsmos as judge

    y = librosa.resample(np.asarray(x, np.float32), orig_sr=sample_rate, target_sr=16_000)
    return {"dnsmos": float(judge.run(np.clip(y, -1, 1), sr=16_000)["ovrl_mos"])}


def rows(corpus: Corpus, ways: dict[str, Copies]) -> Iterator[dict[str, Any]]:
    """Yield a row for each passage and way."""
    groups, rate = chosen_passages(corpus), corpus.sample_rate
    for kind, parts in groups.items():
        for i, x in enumerate(parts):
            for name, copies in ways.items():
                y = np.asarray(copies([x])[0], np.float32)
                found = scores(x, y, rate) | dnsmos(y, rate)
                yield {"kind": kind, "passage": i, "system": name} | {
                    key: f"{value:.4f}" for key, value in found.items()
                }


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    write_table(parser.parse_args().out / "vocoders.csv", rows(load_speech(), systems()))


if __name__ == "__main__":
    main()
