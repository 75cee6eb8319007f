import numpy as np
import pytest

from audio_edu.exercises import check


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (6, 6, "Right!"),
        (6.0000001, 6, "Right!"),
        (np.arange(3.0), [0, 1, 2], "Right!"),
        ("causal", "causal", "Right!"),
        (..., 6, "Not answered yet"),
        (None, 6, "Not answered yet"),
        (12, 6, "Not yet: lengths add up."),
        (7, 6, "Not yet: 7 is too large."),
        (np.zeros(4), np.zeros(3), "shape (4,); the right one has (3,)"),
        (np.array([1.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0]), "[2] is 9 and should be 3"),
        ("acausal", "causal", "'acausal' is not it"),
        ([[1], [2, 3]], 6, "is not it"),
        (np.nan, 6, "Not yet"),
    ],
)
def test_check_says(answer, expected, said, capsys):
    check(answer, expected, mistakes={"lengths add up": 12})
    assert said in capsys.readouterr().out
