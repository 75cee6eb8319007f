"""Reading and writing sound files: samples as floats with full scale ±1.

A file that lies about itself is an error, never a silent guess: one that was cut short, one whose header
announces more samples than the file holds, one that is no sound at all. `read_sound` is the one door:
whatever reads sound in this package goes through it.
"""

import hashlib
import io
import os
import warnings
from pathlib import Path

import librosa
import numpy as np
import soundfile as sf

from .._files import replacing
from .._validate import check_audio, check_choice, check_range
from ._containers import split_streams

_BLOCK = 1 << 16  # samples a read or a write; libsndfile's Vorbis encoder overflows its stack on long writes
_RATE_RANGE = (100, 1_000_000)  # Hz; what lies outside is a damaged header, not a sound
MOST_CHANNELS = 64  # the same
LONGEST_S = 24 * 3600.0
LARGEST = 2 << 30  # bytes, of a file and of its samples as float32

#: By suffix: libsndfile's names of format and encoding, sample rates (Hz), and most channels. Beyond these
#: libsndfile writes what it cannot read, or ends the process (Vorbis above 200 kHz).
_FORMATS = {
    ".wav": ("WAV", None, range(_RATE_RANGE[0], _RATE_RANGE[1] + 1), MOST_CHANNELS),
    ".flac": ("FLAC", None, range(100, 655_351), 8),
    ".ogg": ("OGG", "VORBIS", range(100, 200_001), MOST_CHANNELS),
    ".opus": ("OGG", "OPUS", (8000, 12000, 16000, 24000, 48000), MOST_CHANNELS),
    ".mp3": (
        "MP3", "MPEG_LAYER_III", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000), 2,
    ),
}  # fmt: skip


def load_audio(
    path: str | os.PathLike[str], *, sample_rate: int | None = None, mono: bool = True
) -> tuple[np.ndarray, int]:
    """Read a sound file: WAV, AIFF, AU, CAF, W64, FLAC, Ogg (Vorbis, Opus) or MP3.

    Parameters
    ----------
    path : str or path
        The file.
    sample_rate : int, optional
        Resample to this many samples a second (band-limited, ``soxr_hq``). None keeps the file's own.
    mono : bool
        Average the channels into one. Where they cancel each other (one is the other's negative), the loudest
        is taken instead, with a warning.

    Returns
    -------
    x : np.ndarray [shape=(n_samples,), or (n_channels, n_samples) where `mono` is False], float32
        Full scale is ±1.
    sample_rate : int
        Samples a second (Hz).

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no file at `path`.
    ValueError
        If the file is empty, is not audio (the message says what it is), was cut short, holds NaN or infinite
        samples, or is longer than a day or 2 GiB of samples.

    Notes
    -----
    A header without a size, as an interrupted recorder or a pipe leaves it, is no error: the file is read to
    its end, with a warning. Files that are joined one after another are read as one.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "tone.wav")
    >>> _ = save_audio(path, np.zeros(800), 8000)
    >>> x, sample_rate = load_audio(path)
    >>> x.shape, x.dtype.name, sample_rate
    ((800,), 'float32', 8000)
    """
    path = _check_path(path)
    if sample_rate is not None:
        check_range(sample_rate, "sample_rate", *_RATE_RANGE, integer=True)
    if not path.exists():
        raise FileNotFoundError(f"path: there is no file {str(path)!r}. Working directory: {os.getcwd()!r}.")
    if path.is_dir():
        raise IsADirectoryError(f"path: {str(path)!r} is a folder; name a sound file in it.")
    try:
        x, native, remarks = read_sound(read_file(path), sample_rate=sample_rate, mono=mono)
    except ValueError as error:
        raise ValueError(f"path: {str(path)!r} {error}") from error
    for remark in remarks:
        warnings.warn(f"{str(path)!r} {remark}", stacklevel=2)
    return x, native


def read_file(path: Path) -> bytes:
    """Return the bytes of a file; a ValueError goes on after its name where it is no file, or too large."""
    if not path.is_file():
        raise ValueError("is no regular file, but a device, a pipe, a socket or a link to nothing.")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read.")
    return path.read_bytes()


def read_sound(
    data: bytes,
    *,
    sample_rate: int | None = None,
    mono: bool = True,
    longest_s: float = LONGEST_S,
    silence: bool = True,
) -> tuple[np.ndarray, int, list[str]]:
    """Decode a sound file that was read into memory: whole, or not at all.

    Parameters
    ----------
    data : bytes
        The file.
    sample_rate, mono
        As in `load_audio`.
    longest_s : float
        The longest sound allowed (s).
    silence : bool
        Whether a sound may be silent: nothing but zeros, a constant, or rounding noise.

    Returns
    -------
    x : np.ndarray [shape=(n_samples,) or (n_channels, n_samples)], float32
    sample_rate : int
        Samples a second (Hz).
    remarks : list of str
        What had to be guessed; each goes on after the file's name.

    Raises
    ------
    ValueError
        If it cannot be read whole; the message goes on after the file's name.
    """
    if not data:
        raise ValueError("is empty (0 bytes).")
    streams, remarks = split_streams(data)
    try:
        x, native = _decode(streams, sample_rate, longest_s)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise ValueError(
            f"cannot be read as audio: it is cut short, damaged, or of a kind that libsndfile does not know: "
            f"{getattr(error, 'error_string', error)}"
        ) from error
    if not np.isfinite(x).all():
        raise ValueError("holds NaN or infinite samples.")
    if not silence and all(map(_is_silence, x)):
        raise ValueError("is silent: it holds nothing but a constant, or rounding noise.")
    if mono:
        x, cancels = _mix(x)
        if cancels:
            remarks.append(f"has channels that cancel each other; channel {cancels} alone is used")
    if sample_rate is not None and sample_rate != native:
        x = librosa.resample(x, orig_sr=native, target_sr=sample_rate)
        native = sample_rate
    return np.ascontiguousarray(x, dtype=np.float32), int(native), remarks


def _decode(streams: list[bytes], sample_rate: int | None, longest_s: float) -> tuple[np.ndarray, int]:
    """Decode streams of one sample rate and number of channels, one after another."""
    blocks, n_samples, layout = [], 0, None
    for stream in streams:
        with sf.SoundFile(io.BytesIO(stream)) as sound:
            rate, n_channels, begun = sound.samplerate, sound.channels, n_samples
            if not _RATE_RANGE[0] <= rate <= _RATE_RANGE[1]:
                raise ValueError(f"claims {rate} samples a second; its header is damaged.")
            if n_channels > MOST_CHANNELS:
                raise ValueError(f"claims {n_channels} channels; at most {MOST_CHANNELS} are read.")
            if layout not in (None, (rate, n_channels)):
                raise ValueError(
                    f"joins streams unlike each other: {layout} and {(rate, n_channels)} (Hz, channels)."
                )
            layout = rate, n_channels
            seconds = (n_samples + sound.frames) / rate
            n_bytes = 4 * n_channels * seconds * max(rate, sample_rate or 0)
            if seconds > longest_s or n_bytes > LARGEST:
                raise ValueError(
                    f"lasts {seconds:,.0f} s, which takes {n_bytes:,.0f} bytes; at most {longest_s:,.0f} s "
                    f"and {LARGEST:,} bytes are read."
                )
            md5 = _Md5(stream) if sound.format == "FLAC" else None
            while len(block := sound.read(_BLOCK, dtype="float32", always_2d=True)):
                blocks.append(block)
                n_samples += len(block)
                if md5:
                    md5.update(block)
            if md5 and not md5.matches():
                raise ValueError("is damaged, or longer than its header says: its samples' MD5 differs.")
            # An MP3 stores its length as a count of 1152-sample frames and may drop the last ones.
            is_mp3 = sound.format == "MP3" or sound.subtype.startswith("MPEG")
            if sound.frames > n_samples - begun + (2 * 1152 if is_mp3 else 0):
                raise ValueError(
                    f"is cut short: its header announces {sound.frames} samples, "
                    f"it holds {n_samples - begun}."
                )
    if not n_samples:
        raise ValueError("is a sound file without a single sample.")
    return np.concatenate(blocks).T, rate


class _Md5:
    """The digest that a FLAC file keeps of its samples: of integers, as few bytes each as hold the bits."""

    def __init__(self, stream: bytes):
        self.bits = ((stream[20] & 1) << 4 | stream[21] >> 4) + 1
        self.announced = stream[26:42]
        self.digest = hashlib.md5(usedforsecurity=False)

    def update(self, block: np.ndarray) -> None:
        codes = np.round(block * 2.0 ** (self.bits - 1)).astype("<i4")
        octets = codes.reshape(-1, 1).view(np.uint8)[:, : -(-self.bits // 8)]
        self.digest.update(octets.tobytes())

    def matches(self) -> bool:
        """Whether they are equal; true for a writer that left no digest, and above what a float32 holds."""
        return not any(self.announced) or self.bits > 24 or self.digest.digest() == self.announced


def _is_silence(x: np.ndarray) -> bool:
    """Whether a channel holds nothing but a constant and the noise of rounding.

    That noise takes a few neighbouring values, whose step tells the bits: 1/128 for 8 bits. What moves by
    less than 1/2048 (a peak of −72 dBFS) is nothing that was recorded, whatever its values.
    """
    width = float(np.ptp(x))
    return width <= 1 / 2048 or (width <= 4 / 128 and len(np.unique(x)) <= 5)


def _mix(x: np.ndarray) -> tuple[np.ndarray, int]:
    """Average the channels; where they cancel, return the loudest and its number (from 1), else 0."""
    mix = x.mean(axis=0)
    if len(x) > 1:
        # C channels that have nothing in common leave Σ σ² / C². Far less is left where one negates another.
        power = [float(channel.var(dtype=np.float64)) for channel in x]
        loudest = int(np.argmax(power))
        if mix.var(dtype=np.float64) < 0.1 * sum(power) / len(x) ** 2 and not _is_silence(x[loudest]):
            return x[loudest], loudest + 1
    return mix, 0


def save_audio(path: str | os.PathLike[str], x: np.ndarray, sample_rate: int, *, n_bits: int = 16) -> Path:
    """Write a sound file; its format follows from the suffix (``.wav .flac .ogg .opus .mp3``).

    The file appears under its name only when it is complete: it is written beside it and then renamed.
    Samples beyond ±1 are an error, because a file would clip them without a word. WAV and FLAC with 16
    or 24 bits store ``round(x · 2^(n_bits−1))``, so a file that is loaded and saved stays the same.

    Parameters
    ----------
    path : str or path
        Where to write. Its folder must exist.
    x : np.ndarray [shape=(n_samples,) or (n_channels, n_samples)]
        Samples in [-1, 1].
    sample_rate : int
        Samples a second (Hz). MP3 and Opus know a few rates only; the error lists them.
    n_bits : {16, 24, 32}
        Bits a sample, for WAV and FLAC. 32 are floats and exist in WAV only.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ValueError
        If a sample lies beyond ±1, or the format cannot hold what is asked for.
    OSError
        If the file cannot be written there, or not whole; an old one is kept.

    Examples
    --------
    >>> import os, tempfile
    >>> path = save_audio(os.path.join(tempfile.mkdtemp(), "tone.flac"), np.full(100, 0.25), 8000)
    >>> load_audio(path)[0][:2].tolist()
    [0.25, 0.25]
    """
    path = _check_path(path)
    x = check_audio(x, "x", ndim=(1, 2))
    if not x.size:
        raise ValueError(f"x has shape {x.shape}; expected at least one channel of one sample.")
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(f"path: cannot write {path.suffix!r} files; use one of {', '.join(_FORMATS)}.")
    container, subtype, rates, most_channels = _FORMATS[suffix]
    check_choice(n_bits, "n_bits", [16, 24, 32] if suffix == ".wav" else [16, 24])
    check_range(sample_rate, "sample_rate", *_RATE_RANGE, integer=True)
    # FLAC counts high rates in tens.
    if sample_rate not in rates or (suffix == ".flac" and sample_rate > 65_535 and sample_rate % 10):
        known = f"{rates[0]} to {rates[-1]}" if isinstance(rates, range) else ", ".join(map(str, rates))
        known += " (above 65535 multiples of 10)" if suffix == ".flac" else ""
        raise ValueError(
            f"sample_rate is {sample_rate}; {suffix} files know {known} Hz only. Resample first."
        )
    if x.ndim == 2 and x.shape[0] > x.shape[1]:
        raise ValueError(f"x has shape {x.shape}; expected (n_channels, n_samples): use x.T.")
    if len(np.atleast_2d(x)) > most_channels:
        raise ValueError(f"x has {len(x)} channels; {suffix} files hold at most {most_channels}.")
    if 4 * x.size > LARGEST:
        raise ValueError(f"x takes {4 * x.size:,} bytes as float32; at most {LARGEST:,} are written.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path: there is no folder {str(path.parent)!r}; make it first.")
    peak = float(np.abs(x).max())
    if peak > 1:
        raise ValueError(
            f"x reaches {peak:.4g}, beyond full scale ±1, and would clip. Scale it first, for example with "
            f"audio_edu.signal.normalize_peak(x)."
        )

    samples = np.atleast_2d(x).T
    subtype = subtype or ("FLOAT" if n_bits == 32 else f"PCM_{n_bits}")
    if subtype.startswith("PCM"):
        full_scale = 2.0 ** (n_bits - 1)
        codes = np.clip(np.round(samples * full_scale), -full_scale, full_scale - 1)
        # libsndfile takes 24-bit samples as the upper bits of 32.
        samples = codes.astype(np.int16) if n_bits == 16 else codes.astype(np.int32) << 8
    else:
        samples = samples.astype(np.float32)

    layout = {"samplerate": sample_rate, "channels": samples.shape[1], "subtype": subtype}
    try:
        with replacing(path) as partial, sf.SoundFile(partial, "w", format=container, **layout) as sound:
            for start in range(0, len(samples), _BLOCK):
                sound.write(samples[start : start + _BLOCK])
    except sf.LibsndfileError as error:  # it knows no more than "System error"
        raise OSError(
            f"path: {str(path)!r} could not be written whole; is the disk full? ({error})"
        ) from error
    return path


def _check_path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path is {path!r}; expected the name of a file.")
    return Path(path)
