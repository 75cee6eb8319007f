"""What is wrong with an answer to an exercise of chapter 17 that has to be measured."""

from typing import Any

import numpy as np

#: What a declipper has to gain (dB) in the samples that were clipped.
LEAST_DB = 3.0


def exercise_5(declip: Any) -> str:
    """A function that declips: consistent, and nearer to the original."""
    if not callable(declip):
        return "a function is asked for: declip(x, level), which returns as many samples as x has"
    t, gains = np.arange(4000) / 8000, []
    for f0_hz, share in ((140.0, 0.5), (210.0, 0.5), (333.0, 0.6)):
        x = sum(np.sin(2 * np.pi * f0_hz * k * t + k * k) / k for k in range(1, 6))
        level = share * float(np.abs(x).max())
        clipped = np.clip(x, -level, level)
        try:
            y = np.asarray(declip(clipped.copy(), level), float)
        except (TypeError, ValueError) as error:
            return f"declip(x, level) has to return samples ({error})"
        if y.shape != x.shape or not np.isfinite(y).all():
            return f"declip returned shape {y.shape}, or numbers that are not finite; expected {x.shape}"
        lost = np.abs(clipped) >= level
        if np.abs(y - clipped)[~lost].max() > 1e-6:
            return "samples that were not clipped were changed; they were right"
        if (np.abs(y)[lost] < level - 1e-6).any() or (y[lost] * clipped[lost] < 0).any():
            return "a clipped sample lies below the level, or on the other side; it was at least at the level"
        before, after = (np.sum((x - z)[lost] ** 2) for z in (clipped, y))
        gains.append(10 * np.log10(before / (after + 1e-12)))
    worst = min(gains)
    if worst >= LEAST_DB:
        return ""
    if abs(worst) < 1e-6:
        return "what comes out is as clipped as what went in"
    return (
        f"it is consistent, but in one of three test sounds the clipped samples are {worst:.1f} dB better "
        f"only; {LEAST_DB:.0f} dB are asked for: keep the strongest partials of a frame, put back what is "
        "known, and again"
    )
