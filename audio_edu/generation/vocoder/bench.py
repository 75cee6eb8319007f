"""How fast sound is made of a mel spectrogram, beside Griffin-Lim and a flow: ``audio-edu bench vocoder``."""

import os
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from ...training import median_seconds
from ..flow import Flow, FlowRecipe
from ..flow.generate import vocode as flow_vocode
from ..mel import HOP_LENGTH, N_FFT, mel_decibels
from ..wavenet.bench import ONE_THREAD
from .evaluate import GRIFFIN_LIM_STEPS
from .generate import vocode
from .model import Vocoder
from .recipe import VocoderRecipe

SECONDS, N_TIMES = 10, 5


def bench() -> list[dict[str, Any]]:
    """Return a row for each way, for `audio_edu.bench`: ten seconds of sound, with one thread.

    How fast a network is does not depend on what it has learned, so both have random weights. The median of
    five runs after one to warm up.
    """
    from ...signal import mel_to_audio

    with patch.dict(os.environ, dict.fromkeys(ONE_THREAD, "1")), threadpool_limits(1):
        vocoder = Vocoder(VocoderRecipe(n_steps=1), {"sample_rate": 8000})
        flow = Flow(FlowRecipe(), {"label_names": list("0123456789"), "sample_rate": 8000})
        mel = np.random.default_rng(0).uniform(-1, 0.4, (1 + SECONDS * 8000 // HOP_LENGTH, 40))
        options = {"n_fft": N_FFT, "hop_length": HOP_LENGTH, "n_iter": GRIFFIN_LIM_STEPS}
        ways: dict[str, Callable[[], Any]] = {
            "vocoder": lambda: vocode(vocoder, [mel]),
            "flow": lambda: flow_vocode(flow, [mel]),
            f"Griffin-Lim, {GRIFFIN_LIM_STEPS} times": lambda: mel_to_audio(
                mel_decibels(mel), 8000, **options
            ),
        }
        seconds = {name: median_seconds(job, N_TIMES) for name, job in ways.items()}
    notes = {"vocoder": f"{vocoder.n_parameters:,} parameters", "flow": f"{flow.n_parameters:,} parameters"}
    summary = {"times_real_time": {name: round(SECONDS / taken, 1) for name, taken in seconds.items()}}
    return [
        {
            "benchmark": "vocoder",
            "what": name,
            "seconds": taken,
            "times_real_time": SECONDS / taken,
            "note": notes.get(name, "no parameters"),
            "summary": summary,
        }
        for name, taken in seconds.items()
    ]
