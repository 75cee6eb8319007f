"""What a player does to a sound: facts, a level that is safe for ears, MP3."""

import base64
import io
from typing import Any, NamedTuple

import librosa
import numpy as np
import soundfile as sf

from .._validate import check_audio, check_range
from ..signal.levels import loudness_db

SAFE_LOUDNESS_DB = -18.0
"""No sound is played louder than this (LUFS, ITU-R BS.1770): the level of a calm voice in a podcast."""
SAFE_PEAK_DB = -1.0
"""No sample is played above this (dBFS): MP3 overshoots a little."""
MATCH_FLOOR_DB = -36.0
"""Sounds are not turned down further than this to match one that is quieter still."""

# The only rates MP3 has. Others are resampled to the next one up, which loses nothing.
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
# 0 is the best quality, 1 the smallest file. At 0.3 quantisation noise keeps its level within 0.3 dB.
MP3_COMPRESSION = 0.3
MP3_SHORTEST_S = 0.1


class Sound(NamedTuple):
    """Samples [shape=(n_samples,)] and their sample rate in Hz."""

    x: np.ndarray
    sample_rate: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.x) / self.sample_rate


def check_sound(x: Any, sample_rate: Any, name: str = "x") -> Sound:
    """Return the sound as float64, or raise an error that says what is wrong with it."""
    x = check_audio(x, name, ndim=1, min_samples=1)
    return Sound(x.astype(np.float64), float(check_range(sample_rate, "sample_rate", 50, 1_000_000)))


def facts(sound: Sound) -> str:
    """Describe the sound in numbers that are the same on every machine and change when the sound does.

    Duration, sample rate, peak and RMS level (dBFS, 1.0 is 0 dB), and the spectral centroid: the mean
    frequency, each weighted with its power, Σ f |X(f)|² / Σ |X(f)|². Three digits tell half a semitone.
    """
    x, sample_rate = sound
    duration = f"{sound.duration:.3f} s" if sound.duration < 1 else f"{sound.duration:.2f} s"
    parts = [duration, f"{sample_rate:.10g} Hz"]
    peak = float(np.abs(x).max())
    if peak < 1e-6:
        return " · ".join([*parts, "silent"])
    power = np.abs(np.fft.rfft(x / peak)) ** 2
    centroid = float((np.fft.rfftfreq(len(x), 1 / sample_rate) * power).sum() / power.sum())
    parts += [
        f"peak {_db(peak)} dBFS",
        f"RMS {_db(float(np.sqrt(np.mean(x**2))))} dBFS",
        f"centroid {_three_digits(centroid)} Hz",
    ]
    return " · ".join(parts)


def _db(amplitude: float) -> str:
    return f"{round(20 * np.log10(amplitude), 1) + 0.0:.1f}"  # + 0.0 turns −0.0 into 0.0


def _three_digits(value: float) -> str:
    if value < 0.05:
        return "0"
    if value >= 100:
        return str(int(float(f"{value:.3g}")))
    return f"{value:.3g}"


def safe_gain(sound: Sound) -> float:
    """Return the factor (at most 1) that makes the sound safe to play."""
    peak = float(np.abs(sound.x).max())
    if peak == 0:
        return 1.0
    loudness = loudness_db(sound.x, sound.sample_rate)
    return min(1.0, 10 ** (SAFE_PEAK_DB / 20) / peak, 10 ** ((SAFE_LOUDNESS_DB - loudness) / 20))


def matched_gains(sounds: list[Sound]) -> list[float]:
    """Return factors (at most 1) that make all sounds equally loud, as the quietest one is when safe."""
    gains = [safe_gain(sound) for sound in sounds]
    loudness = [
        loudness_db(s.x, s.sample_rate) + 20 * np.log10(g) for s, g in zip(sounds, gains, strict=True)
    ]
    audible = [level for level in loudness if level > MATCH_FLOOR_DB]
    target = min(audible, default=SAFE_LOUDNESS_DB)
    if any(np.isfinite(level) and level <= MATCH_FLOOR_DB for level in loudness):
        target = MATCH_FLOOR_DB
    return [
        g * min(1.0, 10 ** ((target - level) / 20)) if np.isfinite(level) else g
        for g, level in zip(gains, loudness, strict=True)
    ]


def mp3(sound: Sound, gain: float = 1.0) -> bytes:
    """Encode the sound, times `gain`, as MP3 with a variable bit rate. Equal input gives equal bytes."""
    x, sample_rate = sound
    target = next((rate for rate in MP3_RATES if rate >= sample_rate), MP3_RATES[-1])
    # The encoder's low-pass takes away the top eighth of the band: a sound that has something there (above
    # −27 dB) gets a higher rate, or a lesson on aliasing would fall silent.
    if target < 44100 and _share_above(x, 0.42) > 2e-3:
        target = next(rate for rate in MP3_RATES if rate >= 1.3 * sample_rate)
    x = x * gain
    if target != sample_rate:
        x = librosa.resample(x, orig_sr=sample_rate, target_sr=target, res_type="soxr_hq")
    # Some decoders yield nothing for less than a few frames.
    x = np.pad(x, (0, max(0, int(MP3_SHORTEST_S * target) - len(x))))
    buffer = io.BytesIO()
    sf.write(
        buffer,
        np.clip(x, -1, 1),
        target,
        format="MP3",
        bitrate_mode="VARIABLE",
        compression_level=MP3_COMPRESSION,
    )
    return buffer.getvalue()


def _share_above(x: np.ndarray, frequency: float) -> float:
    """Return the share of the power above `frequency` (in units of the sample rate)."""
    power = np.abs(np.fft.rfft(x)) ** 2
    total = power.sum()
    return float(power[int(frequency * len(x)) :].sum() / total) if total > 0 else 0.0


def data_uri(data: bytes, mime: str) -> str:
    """Return the bytes as a ``data:`` address."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
