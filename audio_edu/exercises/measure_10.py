"""What is wrong with an answer to an exercise of chapter 10 that has to be measured."""

from typing import Any

import numpy as np

STRIDE, SAMPLE_RATE, N_TAPS = 4, 8000, 32


def exercise_5(answer: Any) -> str:
    """A kernel that makes four samples of one, without a whistle, without images, and keeps the hum."""
    if answer is None or np.asarray(answer).dtype.kind not in "biuf" or np.ndim(answer) != 1:
        return "an array of taps is asked for"
    taps = np.asarray(answer, float)
    if not STRIDE <= len(taps) <= N_TAPS or not np.all(np.isfinite(taps)):
        return f"4 to {N_TAPS} taps are asked for, all of them finite numbers"
    n = np.arange(2000)
    spread = np.zeros(STRIDE * len(n))
    spread[::STRIDE] = 0.5 + 0.3 * np.sin(2 * np.pi * 200 * n * STRIDE / SAMPLE_RATE)
    # the middle, without both ends: whole periods of every frequency asked about
    y = np.convolve(spread, taps)[2000:6000]
    amplitude = 2 * np.abs(np.fft.rfft(y)) / len(y)
    hum, *others = (amplitude[hz * len(y) // SAMPLE_RATE] for hz in (200, 2000, 4000, 1800, 2200, 3800))
    hum_db = 20 * np.log10(max(hum, 1e-12) / 0.3)
    if hum_db < -1:
        sparse = "; of four samples only one is not zero: the taps must make up for it" if hum_db < -9 else ""
        return f"the hum has lost {-hum_db:.1f} dB; at most 1 is allowed{sparse}"
    if hum_db > 1:
        return f"the hum is {hum_db:.1f} dB too loud; at most 1 is allowed"
    others_db = 20 * np.log10(np.maximum(others, 1e-12) / hum)
    if max(others_db[:2]) > -40:
        return (
            f"there is a whistle, {max(others_db[:2]):.0f} dB re the hum: taps 0, 4, 8, … and 1, 5, 9, … and "
            "the other two sets must have the same sum"
        )
    if max(others_db[2:]) > -40:
        return (
            f"no whistle, but images of the hum, the loudest at {max(others_db[2:]):.0f} dB: the taps must "
            "be a low-pass that passes 200 Hz and stops 1,800 Hz"
        )
    return ""
