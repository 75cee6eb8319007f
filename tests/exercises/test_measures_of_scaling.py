"""Chapter 21: what is said of a mean gradient that is none."""

import numpy as np
import pytest

from audio_edu.exercises.measure_21 import exercise_5


@pytest.mark.parametrize(
    ("combined", "said"),
    [
        (lambda means, sizes: np.asarray(sizes) @ means / sum(sizes), ""),
        (lambda means, sizes: np.mean(means, axis=0), "count alike"),
        (lambda means, sizes: np.sum(means, axis=0), "sum of the parts' means"),
        (lambda means, sizes: np.asarray(sizes) @ means, "divided by how many"),
        (lambda means, sizes: means[0], "is off by"),
        (lambda means, sizes: np.mean(means), "shape"),
        (lambda means: means, "has to return 5 numbers"),
        (None, "a function is asked for"),
    ],
)
def test_a_mean_over_parts(combined, said):
    found = exercise_5(combined)
    assert said in found and bool(found) == bool(said)
