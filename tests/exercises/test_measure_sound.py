"""What the design exercises of chapters 1 to 3 say to right and to wrong answers."""

import numpy as np
import pytest
import scipy.signal

from audio_edu.exercises.check import mistake
from audio_edu.signal import low_pass


def mu_law_levels(mu, n=64):
    y = np.linspace(-1, 1, n)
    return np.sign(y) * ((1 + mu) ** np.abs(y) - 1) / mu


def remove_echo(y, D):
    for n in range(D, len(y)):
        y[n] -= 0.5 * y[n - D]
    return y


def remove_once(y, D):
    return y - 0.5 * np.concatenate([np.zeros(D), y[:-D]])


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("01-6", mu_law_levels(255), ""),
        ("01-6", mu_law_levels(63), "closer together near zero"),
        ("01-6", np.arange(-32, 32) / 32, "closer together near zero"),
        ("01-6", np.linspace(-0.1, 0.1, 64), "further out"),
        ("01-6", np.linspace(-1, 1, 65), "65 different levels"),
        ("01-6", [0.0, 2.0], "beyond ±1"),
        ("01-6", [0.0, np.nan], "not a finite number"),
        ("01-6", "many", "an array of levels"),
        ("02-5", low_pass(1500, 8000, 35), ""),
        ("02-5", low_pass(1500, 8000, 103), "103 taps"),
        ("02-5", low_pass(1000, 8000, 101), "cannot be the edge"),
        ("02-5", low_pass(1500, 8000, 21), "more taps"),
        ("02-5", 2 * low_pass(1500, 8000, 35), "what do the taps sum to"),
        ("02-5", np.eye(1, 35)[0], "a lower cutoff"),
        ("02-5", [1.0, -1.0], "that is no low-pass"),
        ("02-5", [[1.0]], "one dimension"),
        ("02-6", remove_echo, ""),
        ("02-6", remove_once, "holds the echo too"),
        ("02-6", lambda y, D: y, "as it was"),
        ("02-6", lambda y, D: y[:5], "the shape (5,)"),
        ("02-6", lambda y: y, "TypeError"),
        ("03-5", scipy.signal.get_window("blackman", 256), ""),
        ("03-5", scipy.signal.get_window("hann", 256), "side lobe is at -31"),
        ("03-5", np.ones(255), "256 samples are asked for"),
        ("03-5", scipy.signal.get_window(("kaiser", 20), 256), "bins wide"),
        ("03-6", lambda known, guess: known * guess / np.abs(guess), ""),
        ("03-6", lambda known, guess: known * guess, "divide them out"),
        ("03-6", lambda known, guess: known * np.angle(guess), "phase factor"),
        ("03-6", lambda known, guess: known * np.exp(-1j * np.angle(guess)), "flipped"),
        ("03-6", lambda known, guess: known, "phase of the guess is missing"),
    ],
)
def test_what_is_said_of_a_design(name, answer, said):
    found = mistake(name, answer)
    assert found == "" if said == "" else said in found and not found.endswith(".")
