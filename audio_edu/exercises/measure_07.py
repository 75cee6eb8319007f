"""What chapter 7's design task measures."""

from typing import Any

import numpy as np

N_FRAMES, N_SPOKEN, N_BACK = 12, 10, 3


def exercise_6(may: Any) -> str:
    """A causal mask of four frames for a clip whose end is filling."""
    if np.shape(may) != (N_FRAMES, N_FRAMES):
        return f"a mask of shape (12, 12) is asked for; this has shape {np.shape(may)}"
    may = np.asarray(may)
    if may.dtype != bool and not np.isin(may, (0, 1)).all():
        return "a mask holds True and False (or 1 and 0) only; the −∞ come later"
    may = may.astype(bool)
    t = np.arange(N_FRAMES)
    back = t[:, None] - t
    wanted = (back >= 0) & (back <= N_BACK) & (t < N_SPOKEN)
    if np.array_equal(may, wanted):
        return ""
    if np.array_equal(may, wanted.T):
        return "rows ask and columns answer; here it is the other way round"
    if np.array_equal(may, ~wanted):
        return "True is where a frame may look; this is the opposite"
    for wrong, said in (
        (may & (back < 0), "some frame looks at a later one"),
        (may[:, N_SPOKEN:], "some frame looks at filling, which answers in the last two columns"),
        (may & (back > N_BACK), "some frame looks farther back than three frames"),
        (~may[back == 0] & (t < N_SPOKEN), "each spoken frame may look at itself"),
        (
            (wanted & ~may & (back == N_BACK))[:N_SPOKEN],
            "three frames before it, and itself, are four",
        ),
    ):
        if np.any(wrong):
            return said
    return "some frame may not look where it should; rows of filling may look back at speech, too"
