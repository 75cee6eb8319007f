"""Speech Commands v0.02: one-second words of 2,618 real people, 16 kHz.

P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209, 2018; CC
BY 4.0. The official split keeps all clips of a speaker together.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from .._validate import check_positive
from ._archive import recordings
from .corpus import Corpus
from .digits import DIGIT_NAMES
from .targets import Labels

URL = "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"
# As published by torchaudio and by TensorFlow Datasets.
SHA256 = "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58"
SAMPLE_RATE = 16000
WORDS = (
    "backward", "bed", "bird", "cat", "dog", "down", "eight", "five", "follow", "forward", "four", "go",
    "happy", "house", "learn", "left", "marvin", "nine", "no", "off", "on", "one", "right", "seven", "sheila",
    "six", "stop", "three", "tree", "two", "up", "visual", "wow", "yes", "zero",
)  # fmt: skip


def load_speech_commands(
    path: str | Path | None = None, *, words: Sequence[str] = DIGIT_NAMES, n_per_word: int | None = None
) -> Corpus:
    """Load spoken words of many real people.

    Each clip is scaled to a peak of 1 (*peak-normalized*): people sat at different distances from their
    microphones. Recordings that are silent or damaged (a few are) are left out, and a warning says which.

    Parameters
    ----------
    path : str or Path, optional
        The corpus's archive, or its unpacked folder: ``{word}/{speaker}_nohash_{number}.wav``.
        Default: download it once (2.4 GB) into the cache (``$AUDIO_EDU_CACHE``, else pooch's).
    words : sequence of str
        Which of the 35 words to load, in the order of their labels. Default: the ten digits. All 35 take 7 GB
        of memory.
    n_per_word : int, optional
        Load at most this many clips of each word and split: the first ones found. Default: all.

    Returns
    -------
    Corpus
        The label is the word's index in `words`, the voice is the speaker's identifier, and the split is the
        official one: ``train``, ``validation`` or ``test``.

    Raises
    ------
    ConnectionError
        If the download fails; the message says what to do.
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If a word is unknown, or there is no such word at `path`, or an archive's member climbs out of it, or
        the download does not have its published checksum.

    Examples
    --------
    >>> commands = load_speech_commands(words=("yes", "no"), n_per_word=100)  # doctest: +SKIP
    """
    words = tuple(words)
    unknown = [word for word in words if word not in WORDS]
    if unknown or not words or len(set(words)) != len(words):
        raise ValueError(f"words is {words!r}; expected different ones among {', '.join(WORDS)}.")
    if n_per_word is not None:
        check_positive(n_per_word, "n_per_word", integer=True)
    if path is None:
        from ._download import fetch

        path = fetch(URL, "speech_commands_v0.02.tar.gz", sha256=SHA256)
    path = Path(path)

    found: Counter[tuple[str, str]] = Counter()

    def wanted(name: PurePosixPath) -> bool:
        if name.suffix != ".wav" or name.parent.name not in words or "_nohash_" not in name.name:
            return False
        key = name.parent.name, split_of(name.name)
        found[key] += 1
        return n_per_word is None or found[key] <= n_per_word

    audio, labels, voices, splits = [], [], [], []
    for name, clip in recordings(path, wanted, SAMPLE_RATE):
        audio.append(clip)
        labels.append(words.index(name.parent.name))
        voices.append(name.name.partition("_nohash_")[0])
        splits.append(split_of(name.name))
    missing = [word for i, word in enumerate(words) if i not in set(labels)]
    if missing:
        raise ValueError(f"path is {str(path)!r}, which holds no recording of {', '.join(missing)}.")
    return Corpus(
        name="Speech Commands",
        audio=tuple(audio),
        targets=Labels(np.array(labels), words),
        voices=np.array(voices),
        split=np.array(splits),
        sample_rate=SAMPLE_RATE,
        licence="CC BY 4.0",
    )


def split_of(file_name: str) -> str:
    """Return the official split of a recording: ``train``, ``validation`` (10 %) or ``test`` (10 %).

    The rule is the corpus's own: a hash of the speaker's identifier, so that a speaker stays in one split.

    >>> split_of("0a7c2a8d_nohash_0.wav") == split_of("0a7c2a8d_nohash_4.wav")
    True
    """
    speaker = re.sub(r"_nohash_.*$", "", file_name)
    largest = 2**27 - 1
    percent = int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % (largest + 1) * (100.0 / largest)
    return "validation" if percent < 10 else "test" if percent < 20 else "train"
