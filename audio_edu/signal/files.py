"""Reading and writing sound files: samples as floats with full scale ±1.

A file that lies about itself is an error, never a silent guess: one that was cut short, one whose header
announces more samples than the file holds, one that is no sound at all. Files are read in blocks, so a
header that claims two gigabytes costs nothing.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO

import librosa
import numpy as np
import soundfile as sf

from .._files import replacing
from .._validate import check_audio, check_choice, check_range

_BLOCK = 1 << 16  # samples a read or a write; libsndfile's Vorbis encoder overflows its stack on long writes
_FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".opus": "OGG", ".mp3": "MP3"}
_LOSSY = {".ogg": "VORBIS", ".opus": "OPUS", ".mp3": "MPEG_LAYER_III"}
_RATES = {
    ".mp3": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    ".opus": (8000, 12000, 16000, 24000, 48000),
}
_RATE_RANGE = (100, 1_000_000)  # Hz; what lies outside is a damaged header, not a sound


def load_audio(
    path: str | os.PathLike[str], *, sample_rate: int | None = None, mono: bool = True
) -> tuple[np.ndarray, int]:
    """Read a sound file (WAV, FLAC, Ogg Vorbis, Opus, MP3 and what else libsndfile knows).

    Parameters
    ----------
    path : str or path
        The file.
    sample_rate : int, optional
        Resample to this many samples a second (band-limited, ``soxr_hq``). None keeps the file's own.
    mono : bool
        Average the channels into one.

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
        If the file is empty, is not audio, was cut short, or holds NaN or infinite samples.

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
    n_bytes = path.stat().st_size
    if n_bytes == 0:
        raise ValueError(f"path: {str(path)!r} is empty (0 bytes).")

    with path.open("rb") as file:
        _check_complete(file, n_bytes, path)
        file.seek(0)
        try:
            with sf.SoundFile(file) as sound:
                x, native, claimed = _read_blocks(sound), sound.samplerate, sound.frames
                is_mp3 = sound.format == "MP3" or sound.subtype.startswith("MPEG")
        except (sf.LibsndfileError, RuntimeError) as error:
            raise ValueError(
                f"path: {str(path)!r} ({n_bytes} bytes) cannot be read as audio: it is damaged, cut short, "
                f"or not a sound file. The decoder says: {error}"
            ) from error
    # An MP3 stores its length as a count of 1152-sample frames and may drop the last ones.
    if claimed - x.shape[1] > (2 * 1152 if is_mp3 else 0):
        raise ValueError(
            f"path: {str(path)!r} is cut short: its header announces {claimed} samples, "
            f"it holds {x.shape[1]}."
        )
    if x.shape[1] == 0:
        raise ValueError(f"path: {str(path)!r} is a sound file without a single sample.")
    if not _RATE_RANGE[0] <= native <= _RATE_RANGE[1]:
        raise ValueError(f"path: {str(path)!r} claims {native} samples a second; its header is damaged.")
    if not np.isfinite(x).all():
        raise ValueError(f"path: {str(path)!r} holds NaN or infinite samples.")

    if mono:
        x = x.mean(axis=0)
    if sample_rate is not None and sample_rate != native:
        x = librosa.resample(x, orig_sr=native, target_sr=sample_rate)
        native = sample_rate
    return np.ascontiguousarray(x, dtype=np.float32), int(native)


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

    Examples
    --------
    >>> import os, tempfile
    >>> path = save_audio(os.path.join(tempfile.mkdtemp(), "tone.flac"), np.full(100, 0.25), 8000)
    >>> load_audio(path)[0][:2].tolist()
    [0.25, 0.25]
    """
    path = _check_path(path)
    x = check_audio(x, "x", ndim=(1, 2))
    check_range(sample_rate, "sample_rate", *_RATE_RANGE, integer=True)
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(f"path: cannot write {path.suffix!r} files; use one of {', '.join(_FORMATS)}.")
    check_choice(n_bits, "n_bits", [16, 24, 32] if suffix == ".wav" else [16, 24])
    if suffix in _RATES and sample_rate not in _RATES[suffix]:
        known = ", ".join(map(str, _RATES[suffix]))
        raise ValueError(
            f"sample_rate is {sample_rate}; {suffix} files know {known} Hz only. Resample first."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path: there is no folder {str(path.parent)!r}; make it first.")
    peak = float(np.abs(x).max())
    if peak > 1:
        raise ValueError(
            f"x reaches {peak:.4g}, beyond full scale ±1, and would clip. Scale it first, for example with "
            f"audio_edu.signal.normalize_peak(x)."
        )

    samples = np.atleast_2d(x).T
    subtype = _LOSSY.get(suffix, "FLOAT" if n_bits == 32 else f"PCM_{n_bits}")
    if subtype.startswith("PCM"):
        full_scale = 2.0 ** (n_bits - 1)
        codes = np.clip(np.round(samples * full_scale), -full_scale, full_scale - 1)
        # libsndfile takes 24-bit samples as the upper bits of 32.
        samples = codes.astype(np.int16) if n_bits == 16 else codes.astype(np.int32) << 8
    else:
        samples = samples.astype(np.float32)

    layout = {"samplerate": sample_rate, "channels": samples.shape[1], "subtype": subtype}
    with replacing(path) as partial, sf.SoundFile(partial, "w", format=_FORMATS[suffix], **layout) as sound:
        for start in range(0, len(samples), _BLOCK):
            sound.write(samples[start : start + _BLOCK])
    return path


def _check_path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path is {path!r}; expected the name of a file.")
    return Path(path)


def _read_blocks(sound: sf.SoundFile) -> np.ndarray:
    """Read until the samples end, whatever number of them the header announces."""
    blocks = []
    while len(block := sound.read(_BLOCK, dtype="float32", always_2d=True)):
        blocks.append(block)
    return np.concatenate(blocks).T if blocks else np.zeros((sound.channels, 0), np.float32)


def _check_complete(file: BinaryIO, n_bytes: int, path: Path) -> None:
    """Raise ValueError where a WAV or Ogg file ends before its own structure does.

    libsndfile reads such files without a word, up to where they end.
    """
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        position = 12
        while position + 8 <= n_bytes:
            file.seek(position)
            name, size = struct.unpack("<4sI", file.read(8))
            if name == b"data":
                # 0xFFFFFFFF is how a program that writes to a pipe says "I do not know yet".
                if size != 0xFFFFFFFF and position + 8 + size > n_bytes:
                    raise ValueError(
                        f"path: {str(path)!r} is cut short: its header announces {size} bytes of samples, "
                        f"the file holds {n_bytes - position - 8}."
                    )
                return
            position += 8 + size + size % 2
        raise ValueError(f"path: {str(path)!r} is cut short: a WAV file of {n_bytes} bytes without samples.")
    if head[:4] == b"OggS":
        file.seek(max(0, n_bytes - 70_000))  # a page is at most 65,307 bytes long
        tail = file.read()
        page = tail.rfind(b"OggS")
        n_segments = tail[page + 26] if page >= 0 and page + 27 <= len(tail) else 256
        lengths = tail[page + 27 : page + 27 + n_segments]
        if len(lengths) < n_segments or page + 27 + n_segments + sum(lengths) > len(tail):
            raise ValueError(f"path: {str(path)!r} is cut short: its last Ogg page is not complete.")
