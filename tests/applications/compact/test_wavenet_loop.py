"""The loop that is taken apart is the loop that speaks."""

from unittest.mock import patch

import numpy as np
import pytest

from audio_edu.applications.compact import wavenet_loop
from audio_edu.generation.wavenet import TINY, WaveNet
from audio_edu.generation.wavenet.generate import generate_batch

RUN = "audio_edu.generation.wavenet.generate.run"


@pytest.fixture(scope="module")
def model():
    facts = {"label_names": list("0123456789"), "voice_names": ["nobody"], "sample_rate": 8000}
    return WaveNet(TINY, facts)


@pytest.mark.slow
def test_compiled_anew_it_says_the_same_and_without_a_draw_nothing(model):
    expected = generate_batch(model, 160, digits=[7, 1], seed=1)
    with patch(RUN, wavenet_loop.compiled_loop()):
        assert np.array_equal(generate_batch(model, 160, digits=[7, 1], seed=1), expected)
    with patch(RUN, wavenet_loop.compiled_loop("softmax and draw")):
        assert np.unique(generate_batch(model, 160, digits=[7, 1], seed=1)) == [-1]  # always the first code


def test_variants_take_turns(model, monkeypatch):
    monkeypatch.setattr(wavenet_loop, "N_SAMPLES", 160)
    order = []
    loops = {name: lambda *_, name=name: order.append(name) for name in "ab"}
    took = wavenet_loop.microseconds(model, loops, 2, 2)
    assert order == list("ababab") and all(0 < value < 1e5 for value in took.values())
