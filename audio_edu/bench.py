"""How fast is the package's own arithmetic? `audio-edu bench` measures it beside the library it is built on.

Alternatives take turns, round after round, in one process on the same sound, so that a busy machine slows
them all alike; what is reported is the median over the rounds. "× real time" is seconds of sound handled in
a second.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._validate import check_choice
from .families import CHECKPOINTS, family_of
from .reproducible import SEED


def _rows(
    benchmark: str,
    sound_s: float,
    alternatives: dict[str, Callable[[], Any]],
    seldom: dict[str, int],
    notes: dict[str, str],
    n_rounds: int = 21,
) -> list[dict[str, Any]]:
    """Time alternatives in turns, those in `seldom` in so many rounds only; return a row for each."""
    times: dict[str, list[float]] = {name: [] for name in alternatives}
    for work in alternatives.values():
        work()  # warm caches: filter banks, compiled code, memory
    for i in range(n_rounds):
        for name, work in alternatives.items():
            if i < seldom.get(name, n_rounds):
                start = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - start)
    rows = []
    for name, found in times.items():
        seconds = statistics.median(found)
        row = {"benchmark": benchmark, "what": name, "seconds": seconds}
        rows.append({**row, "times_real_time": sound_s / seconds, "note": notes[name]})
    return rows


def _voices(n_clips: int, n_samples: int, sample_rate: int) -> np.ndarray:
    """Clips with a wide range of levels: harmonic tones that glide and fade, over a little noise."""
    rng = np.random.default_rng(SEED)
    t = np.arange(n_samples) / sample_rate
    clips = np.zeros((n_clips, n_samples))
    for clip in clips:
        phase = 2 * np.pi * np.cumsum(rng.uniform(80, 300) * 2 ** (rng.uniform(-1, 1) * t)) / sample_rate
        for k in range(1, 12):
            clip += np.sin(k * phase) / k**1.5
        clip *= 0.2 * np.exp(-rng.uniform(0, 5) * t)
    clips += 1e-4 * rng.standard_normal(clips.shape)
    return clips.astype(np.float32)


def _bench_log_mel() -> list[dict[str, Any]]:
    import librosa

    from .signal import log_mel

    sample_rate, n_clips = 16000, 64
    x = _voices(n_clips, sample_rate, sample_rate)
    settings: dict[str, Any] = {"n_fft": 512, "hop_length": 160, "n_mels": 80}

    def with_librosa(y: np.ndarray) -> np.ndarray:
        # top_db is relative to the loudest value of the whole array, so a batch is compared without it
        mel = librosa.feature.melspectrogram(y=y, sr=sample_rate, **settings)
        return librosa.power_to_db(mel, top_db=None if y.ndim > 1 else 80.0)

    alternatives: dict[str, Callable[[], Any]] = {
        "librosa, in a loop": lambda: np.stack([with_librosa(y) for y in x]),
        "librosa, batched": lambda: with_librosa(x),
        "audio_edu log_mel": lambda: log_mel(x, sample_rate, **settings),
    }
    looped, ours = alternatives["librosa, in a loop"](), alternatives["audio_edu log_mel"]()
    batched = log_mel(x, sample_rate, top_db=None, **settings)
    errors = {
        "librosa, in a loop": 0.0,
        "librosa, batched": float(np.abs(alternatives["librosa, batched"]() - batched).max()),
        "audio_edu log_mel": float(np.abs(ours - looped).max()),
    }
    seldom = {"librosa, in a loop": 5, "librosa, batched": 11}
    notes = {name: f"largest difference {error:.1e} dB" for name, error in errors.items()}
    return _rows("log_mel", n_clips, alternatives, seldom, notes)


def _bench_convolve() -> list[dict[str, Any]]:
    import scipy.signal

    from .signal.convolution import convolve, fast_convolve

    sample_rate = 16000
    rng = np.random.default_rng(SEED)
    x, h = rng.standard_normal(sample_rate), rng.standard_normal(101)
    alternatives: dict[str, Callable[[], Any]] = {
        "the sum, as two loops": lambda: convolve(x, h),
        "numpy.convolve": lambda: np.convolve(x, h),
        "scipy.signal.fftconvolve": lambda: scipy.signal.fftconvolve(x, h),
        "audio_edu fast_convolve": lambda: fast_convolve(x, h),
    }
    exact = np.convolve(x, h)
    notes = {
        name: f"largest difference {np.abs(work() - exact).max():.1e}" for name, work in alternatives.items()
    }
    return _rows("convolve", 1, alternatives, {"the sum, as two loops": 3}, notes)


#: What can be measured beside checkpoints: log-mel of 64 clips of 1 s at 16 kHz; 1 s at 16 kHz through 101
#: taps.
SIGNAL: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "log_mel": _bench_log_mel,
    "convolve": _bench_convolve,
}


def run(names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Run benchmarks.

    Parameters
    ----------
    names : sequence of str, optional
        Some of `SIGNAL`, or checkpoints whose family has a benchmark; None runs all.

    Returns
    -------
    list of dict
        One for each alternative: ``benchmark``, ``what``, ``seconds`` (the median), ``times_real_time``,
        ``note``; for some, ``summary``: what the benchmark found in all.

    Raises
    ------
    ValueError
        If a name is not known, or its family has no benchmark.
    """
    if names is None:
        names = [*SIGNAL, *(name for name in CHECKPOINTS if hasattr(family_of(name), "bench"))]
    for name in names:
        check_choice(name, "name", [*SIGNAL, *CHECKPOINTS])
        if name not in SIGNAL and not hasattr(family_of(name), "bench"):
            raise ValueError(f"name is {name!r}, whose family has no benchmark.")
    return [row for name in names for row in (SIGNAL[name] if name in SIGNAL else family_of(name).bench)()]


def format_table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay out what `run` returned as lines of text."""
    lines = [f"{'benchmark':<16} {'what':<40} {'ms':>9} {'x real time':>12}  note"]
    for row in rows:
        lines.append(
            f"{row['benchmark']:<16} {row['what']:<40} {1000 * row['seconds']:>9.2f} "
            f"{row['times_real_time']:>12,.0f}  {row['note']}"
        )
    return "\n".join(lines)
