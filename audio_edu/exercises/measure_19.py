"""What is wrong with an answer to an exercise of chapter 19 that has to be measured."""

from typing import Any

import numpy as np

#: What the sound has to reach: SI-SDR at most, log-spectral distance at most (both dB), STOI at least.
MOST_SI_SDR_DB, MOST_LSD_DB, LEAST_STOI = -5.0, 2.0, 0.98


def exercise_5(trick: Any) -> str:
    """A function that spoils SI-SDR, and neither the spectrum nor STOI."""
    from ..applications.evaluation import passages
    from ..metrics import log_spectral_distance_db, si_sdr_db, stoi

    if not callable(trick):
        return "a function is asked for: trick(x, sample_rate), which returns a sound"
    x, rate = passages()[3].x, 8000
    try:
        y = np.asarray(trick(x.copy(), rate), float)
    except (TypeError, ValueError) as error:
        return f"trick(x, sample_rate) has to return a sound ({error})"
    if y.shape != x.shape or not np.isfinite(y).all():
        return f"trick returned an array of shape {y.shape}; expected {x.shape}, and finite numbers"
    if np.abs(y).max() < 1e-6:
        return "trick returned silence"
    si_sdr, lsd = si_sdr_db(x, y), log_spectral_distance_db(x, y)
    score = stoi(x, y, rate)
    said = f"SI-SDR {si_sdr:.1f} dB, log-spectral distance {lsd:.1f} dB, STOI {score:.3f}"
    if si_sdr > 100:
        return f"{said}: SI-SDR forgives another level and another sign; change the waveform itself"
    if si_sdr > MOST_SI_SDR_DB:
        return f"{said}: the samples are still too much alike; a delay of a few samples, or more phase shift"
    if lsd > MOST_LSD_DB:
        return f"{said}: the spectrum has changed, and one hears that; leave every magnitude as it is"
    if score < LEAST_STOI:
        return f"{said}: that is late or smeared enough to harm; do less of it"
    return ""
