"""The pitch of a note: `note_pitch`, which tells whether a decoded note is in tune."""

import librosa
import numpy as np
from numpy.typing import ArrayLike

from .._validate import check_audio, check_positive, check_range, check_sample_rate, checked

N_PARTIALS, FADE, STEP_CENTS = 8, 0.85, 2.0


@checked
def note_pitch(x: ArrayLike, sample_rate: float, *, near: float, within: float = 6.0) -> float:
    """Return the MIDI number whose partials are strongest in a note, among those near a given one.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A note, at least a tenth of a second. Its first 50 ms, the attack, are left out, and so is what comes
        after 0.7 s.
    sample_rate : float
        Samples a second (Hz).
    near : float
        The MIDI number to search around. (Without it, a pitch estimate is an octave off now and then.)
    within : float
        Semitones to search up and down.

    Returns
    -------
    float
        A MIDI number, to 0.02 (2 cents). Stretched partials, as of a piano, count as a little sharp.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> note = 0.1 * np.sin(2 * np.pi * 220 * t) + 0.1 * np.sin(2 * np.pi * 440 * t)
    >>> abs(note_pitch(note, 16000, near=58) - 57) < 0.03
    True
    """
    sample_rate = check_sample_rate(sample_rate)
    x = check_audio(x, "x")
    if len(x) < int(0.1 * sample_rate):
        raise ValueError(f"x has {len(x)} samples; where sample_rate is {sample_rate}, 0.1 s has more.")
    check_range(near, "near", 0.0, 127.0)
    check_positive(within, "within", unit="of semitones")
    body = x[int(0.05 * sample_rate) : int(0.7 * sample_rate)]
    n_fft = 1 << 17
    # The root makes a weak fundamental count beside strong partials.
    root = np.sqrt(np.abs(np.fft.rfft(body * np.hanning(len(body)), n_fft)))
    candidates = near + np.arange(-100 * within, 100 * within + 1, STEP_CENTS) / 100
    f0_hz = librosa.midi_to_hz(candidates)
    strength = np.zeros(len(candidates))
    for k in range(1, N_PARTIALS + 1):
        bins = np.rint(k * f0_hz * n_fft / sample_rate).astype(int)
        exists = bins < len(root)
        strength[exists] += FADE**k * root[bins[exists]]
    return float(candidates[np.argmax(strength)])
