"""What chapter 17 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.applications.restoration import declip_sparse
from audio_edu.exercises.check import mistake


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (declip_sparse, ""),
        (lambda x, level: x, "as clipped"),
        (lambda x, level: 1.05 * x, "were right"),
        (lambda x, level: 0.9 * x + 0.1 * np.where(np.abs(x) < level, x, 0), "below the level"),
        (lambda x, level: np.where(np.abs(x) < level, x, 1.05 * x), "dB better only"),
        (lambda x, level: x[:-1], "shape"),
        (lambda x, level: "loud", "has to return"),
        (3.0, "function"),
    ],
)
def test_declippers(answer, said):
    found = mistake("17-5", answer)
    assert (said in found) if said else found == ""
