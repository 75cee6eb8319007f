"""What can be measured of a note, to find directions in a latent space and to see what moves along them."""

import librosa
import numpy as np

from ..._validate import Clip, checked
from ...signal import note_pitch, rms_db

#: Attributes of a note, and their units.
NOTE_ATTRIBUTES = {
    "level": "dB",
    "brightness": "octaves",
    "attack": "octaves",
    "decay": "dB",
}


@checked
def measure_note(x: Clip, sample_rate: float, *, pitch: float) -> dict[str, float]:
    """Measure a note of one second.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        The note, at least half a second.
    sample_rate : float
        In Hz.
    pitch : float
        Its MIDI number, or near it.

    Returns
    -------
    dict
        ``level``: of the whole, dBFS. ``brightness``: how many octaves above the fundamental the spectrum's
        centroid lies. ``attack``: the base-2 logarithm of the milliseconds that the envelope takes from a
        tenth to nine tenths of its highest value (1 more: twice as long). ``decay``: how far the level falls
        from the loudest 30 ms to those around 0.6 s, in dB. ``pitch``: a MIDI number.

    Raises
    ------
    ValueError
        If the note is too short.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> x = 0.1 * np.minimum(t / 0.1, 1) * np.sin(2 * np.pi * 440 * t)
    >>> found = measure_note(x, 16000, pitch=69)
    >>> abs(2 ** found["attack"] - 80) < 15, abs(found["brightness"]) < 0.02, abs(found["decay"]) < 0.5
    (True, True, True)
    """
    hop = max(1, round(sample_rate * 0.003))
    if len(x) < sample_rate / 2:
        raise ValueError(f"x has {len(x)} samples; expected at least half a second, {int(sample_rate / 2)}.")
    n = len(x) // hop
    power = np.square(x[: n * hop].astype(float)).reshape(n, hop).mean(axis=1)
    # the mean over 30 ms holds a period of every note
    envelope = np.sqrt(np.convolve(power, np.full(10, 0.1), "same") + 1e-14)
    top = envelope.argmax()
    rising = envelope[: top + 1] / envelope[top]
    begin, end = np.argmax(rising >= 0.1), np.argmax(rising >= 0.9)
    late = min(n - 1, round(0.6 * sample_rate / hop))
    spectrum = np.abs(np.fft.rfft(x)) ** 2 + 1e-20
    centroid = spectrum @ np.fft.rfftfreq(len(x), 1 / sample_rate) / spectrum.sum()
    return {
        "level": max(rms_db(x), -120.0),
        "brightness": float(np.log2(centroid / librosa.midi_to_hz(pitch))),
        "attack": float(np.log2(max(end - begin, 1) * hop / sample_rate * 1000)),
        "decay": float(20 * np.log10(envelope[top] / envelope[late])),
        "pitch": note_pitch(x, sample_rate, near=float(pitch)),
    }
