"""The Free Spoken Digit Dataset (FSDD): real people saying the English digits, 8 kHz.

Z. Jackson and others, https://github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0: six speakers,
each digit fifty times, 3,000 recordings. The official split holds back recordings 0 to 4 of each digit and
speaker, so the *same people* are in both splits: a model that does well there knows these six voices. The
harder and more honest question leaves a speaker out, or trains on `load_digits` alone.
"""

import re
from pathlib import Path, PurePosixPath

import numpy as np

from ._archive import SUFFIXES, recordings
from .corpus import Corpus
from .digits import DIGIT_NAMES
from .targets import Labels

URL = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.zip"
FILE_NAME = "free-spoken-digit-dataset-1.0.10.zip"
N_RECORDINGS = 3000
SAMPLE_RATE = 8000
_RECORDING = re.compile(r"([0-9])_([^/]+)_([0-9]{1,9})")


def load_fsdd(path: str | Path | None = None) -> Corpus:
    """Load real people's spoken digits.

    The recordings' levels differ fifteenfold between speakers, so each clip is scaled to a peak of 1
    (*peak-normalized*). Recordings at another sample rate are resampled to 8 kHz, several channels are
    averaged into one. A recording that cannot be read whole (cut, damaged, silent, longer than a minute) is
    left out, and a warning says how many were, and why.

    Parameters
    ----------
    path : str or Path, optional
        A folder, zip or tar archive of recordings named ``{digit}_{speaker}_{take}.wav`` (or ``.flac``,
        ``.mp3``, ``.ogg``, ``.aiff``, ...), at any depth; other files are ignored, and counted in the
        warning. Any recordings named so will do, not only FSDD's. A folder may also hold just the archive.
        Default: download version 1.0.10 once (16 MB) into the cache (``$AUDIO_EDU_CACHE``, else pooch's).

    Returns
    -------
    Corpus
        The label is the digit, the voice is the speaker; takes 0 to 4 are ``test``, the others ``train``.
        ``info`` has the column ``take``.

    Raises
    ------
    ConnectionError
        If the download fails; the message says what to do.
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If there is no recording at `path` that can be read, or one comes twice, or an archive is damaged,
        encrypted, or has a member that climbs out of it.

    Notes
    -----
    GitHub makes the archive on request and publishes no checksum. What is checked: the archive's own checksum
    of each member; that there are 3,000 recordings; and that the file is, byte for byte, the one that was
    downloaded first.

    Examples
    --------
    >>> fsdd = load_fsdd()  # doctest: +SKIP
    >>> fsdd = load_fsdd("recordings")  # a folder of 7_jackson_32.wav and so on  # doctest: +SKIP
    """
    if path is not None:
        return _read(Path(path), naming="{digit}_{speaker}_{take}.wav")
    from ._download import fetch

    archive = fetch(URL, FILE_NAME)
    corpus = _read(archive)
    if len(corpus) != N_RECORDINGS:
        raise ValueError(
            f"{archive} has {len(corpus)} recordings; expected {N_RECORDINGS}. Delete it, and it will be "
            f"downloaded anew."
        )
    return corpus


def _read(path: Path, naming: str | None = None) -> Corpus:
    clips: dict[tuple[int, str, int], np.ndarray] = {}
    for name, clip in recordings(path, _is_recording, SAMPLE_RATE, naming=naming):
        digit, speaker, take = _RECORDING.fullmatch(name.stem).groups()
        key = int(digit), speaker, int(take)
        if key in clips:
            raise ValueError(f"{path} holds {name.name} twice; give the folder of one of them.")
        clips[key] = clip
    keys = sorted(clips, key=lambda key: (key[1], key[0], key[2]))
    digits, speakers, takes = (np.array(column) for column in zip(*keys, strict=True))
    return Corpus(
        name="FSDD",
        audio=tuple(clips[key] for key in keys),
        targets=Labels(digits, DIGIT_NAMES),
        voices=speakers,
        split=np.where(takes < 5, "test", "train"),
        sample_rate=SAMPLE_RATE,
        info={"take": takes},
        licence="CC BY-SA 4.0",
    )


def _is_recording(name: PurePosixPath) -> bool:
    return bool(_RECORDING.fullmatch(name.stem)) and name.suffix.lower() in SUFFIXES
