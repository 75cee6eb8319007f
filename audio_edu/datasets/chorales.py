"""``data/chorales``: chorales in four parts by Johann Sebastian Bach, as notes, split by tune.

Its card, ``data/chorales/README.md``, says how it was made and what is wrong with it.
"""

import numpy as np

from .._validate import checked
from ._shipped import read_index
from .corpus import Corpus
from .targets import Scores

PARTS = ("soprano", "alto", "tenor", "bass")


def load_chorales() -> Corpus:
    """Load the chorales that ship with the book.

    There is no sound in this corpus: ``audio`` is empty, and ``targets`` are `Scores`. The voice of a chorale
    is its tune, of which Bach may have written several settings; no tune is in two of the splits.

    Returns
    -------
    Corpus
        ``info`` has the columns ``title``; ``tonic`` (0 is C, 11 is B) and ``mode`` (``major`` or ``minor``),
        estimated; ``meter`` (``4/4``); ``upbeat`` (quarters before the first bar line); and ``fermatas``, the
        onsets (in quarters) of the soprano's notes that end a line of the hymn, with spaces between them.

    Raises
    ------
    FileNotFoundError
        If ``data/chorales`` is not there.

    Examples
    --------
    >>> chorales = load_chorales()
    >>> chorales.targets.names
    ('soprano', 'alto', 'tenor', 'bass')
    """
    rows = read_index("chorales")
    notes, fermatas = [], []
    for row in rows:
        parts = [read_part(row[name]) for name in PARTS]
        notes.append(np.concatenate([np.insert(part[:, :3], 3, i, axis=1) for i, part in enumerate(parts)]))
        held = parts[0][parts[0][:, 3] > 0, 0]
        fermatas.append(" ".join(f"{onset:g}" for onset in held))
    kinds = {"title": str, "tonic": int, "mode": str, "meter": str, "upbeat": float}
    info = {name: np.array([row[name] for row in rows]).astype(kind) for name, kind in kinds.items()}
    return Corpus(
        name="chorales",
        audio=(),
        targets=Scores(tuple(notes), PARTS),
        voices=np.array([row["tune"] for row in rows]),
        split=np.array([row["split"] for row in rows]),
        sample_rate=16000,
        info=info | {"bwv": np.array([row["bwv"] for row in rows]), "fermatas": np.array(fermatas)},
        licence="public domain (J. S. Bach); the encodings as data/chorales/README.md says",
    )


@checked
def read_part(text: str) -> np.ndarray:
    """Read a part as the table writes it: ``"67:1 69 r:2 71:4^"``.

    A number is a MIDI note, ``r`` a rest; what follows the colon is how long it lasts in quarters, and is
    left out where it is as long as the one before; ``^`` is a fermata.

    Returns
    -------
    np.ndarray [shape=(n_notes, 4)]
        Onset, duration (quarters), MIDI number, and 1 under a fermata, else 0. Rests are left out.

    Raises
    ------
    ValueError
        If the text is not of this form.

    Examples
    --------
    >>> read_part("67:1 69 r:2 71:4^").tolist()
    [[0.0, 1.0, 67.0, 0.0], [1.0, 1.0, 69.0, 0.0], [4.0, 4.0, 71.0, 1.0]]
    """
    rows, onset, duration = [], 0.0, None
    for word in text.split():
        name, _, length = word.rstrip("^").partition(":")
        try:
            duration = float(length) if length else duration
            pitch = None if name == "r" else int(name)
        except ValueError:
            duration = None
        if duration is None or not 0 < duration < 1e6:
            raise ValueError(f"text has {word!r}; expected notes like 67:1, 69, r:2 or 71:4^.")
        if pitch is not None:
            rows.append((onset, duration, pitch, float(word.endswith("^"))))
        onset += duration
    return np.array(rows, float).reshape(-1, 4)
