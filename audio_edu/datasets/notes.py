"""``data/notes``: single notes of sampled instruments, 16 kHz, split by preset and pitch.

Its card, ``data/notes/README.md``, says how it was made and what is wrong with it.
"""

from ._shipped import labels_of, load_shipped
from .corpus import Corpus

INSTRUMENT_NAMES = (
    "piano", "electric piano", "mallets", "organ", "accordion", "guitar", "bass", "violin", "string ensemble",
    "choir", "brass", "saxophone", "double reed", "flute", "plucked lute", "synth lead",
)  # fmt: skip


def load_notes() -> Corpus:
    """Load the single notes that ship with the book.

    The label of a clip is its instrument, its voice the sound font's preset. Clips are 16 kHz, mono and 1 s
    long: the note begins after 10 ms and is released after 0.75 s. They keep their level: a soft note is
    softer than a loud one of the same preset. No preset appears in two of the splits, and test pitches (odd
    MIDI numbers) are not among those of the other two (even ones). Only the instruments that have several
    presets to learn from have one for validation.

    Returns
    -------
    Corpus
        ``info`` has the columns ``pitch`` (MIDI note number; 69 is A4, 440 Hz), ``velocity`` (how hard the
        note is struck, 1 to 127), ``family`` (keyboard, strings, ...) and ``preset`` (the General MIDI
        program, 0 to 127).

    Raises
    ------
    FileNotFoundError
        If ``data/notes`` is not there.

    Examples
    --------
    >>> notes = load_notes()
    >>> notes.sample_rate
    16000
    """
    return load_shipped(
        "notes",
        targets=labels_of(INSTRUMENT_NAMES),
        numbers={"pitch": int, "velocity": int, "preset": int},
        licence="MIT (the sound font's terms; see data/notes/README.md)",
    )
