"""How fast speech becomes a file, and a file speech, beside Opus: ``audio-edu bench codec``."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import soundfile as sf
from threadpoolctl import threadpool_limits

from ...datasets import load_prompts
from ...training import median_seconds
from .coding import Codec

SECONDS, KBPS, N_TIMES = 10, 6.0, 7


def bench(model: Codec) -> list[dict[str, Any]]:
    """Return rows for `audio_edu.bench`: ten seconds of unseen prompts there and back, by each.

    The codec has NumPy's and SciPy's threads limited to one; Keras's own are as the machine has them.
    """
    x = np.concatenate(load_prompts().test.audio)[: SECONDS * model.sample_rate]
    jobs: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
        "codec": (lambda x: model.encode(x, kbps=KBPS), model.decode),
        "Opus (libsndfile)": (
            lambda x: _opus(x, model.sample_rate),
            lambda data: sf.read(io.BytesIO(data))[0],
        ),
    }
    rows = []
    with threadpool_limits(1):
        for name, (encode, decode) in jobs.items():
            data = encode(x)
            for what, job, given in ((f"{name}: encode", encode, x), (f"{name}: decode", decode, data)):
                seconds = median_seconds(lambda job=job, given=given: job(given), N_TIMES)
                rows.append(
                    {
                        "benchmark": model.card.get("name", "codec"),
                        "what": what,
                        "seconds": seconds,
                        "times_real_time": SECONDS / seconds,
                        "note": f"{8e-3 * len(data) / SECONDS:.1f} kbit/s, with its header or container",
                    }
                )
    return rows


def _opus(x: np.ndarray, sample_rate: int) -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, x, sample_rate, format="OGG", subtype="OPUS", compression_level=0.99)
    return buffer.getvalue()
