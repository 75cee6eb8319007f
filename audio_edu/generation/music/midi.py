"""MIDI files in and out, by pretty_midi. A file says when (in ticks of a quarter), which key, how hard.

What it does not say: bar lines and keys are optional and often wrong, who sings which voice is a custom (one
track for each), and a fermata cannot be written at all.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pretty_midi

from ..._files import replacing
from ..._validate import Positive, checked
from .data import check_notes


@checked
def write_midi(path: str | os.PathLike[str], notes: np.ndarray, *, tempo: Positive = 96.0) -> None:
    """Write notes into a standard MIDI file, a track for each voice.

    Parameters
    ----------
    path : str or path
        The file.
    notes : np.ndarray [shape=(n_notes, 4)]
        Onset and duration (quarters), MIDI number, voice.
    tempo : float
        Quarters a minute.

    Raises
    ------
    ValueError
        If `notes` are none.
    """
    with replacing(Path(path)) as partial:
        partial.write_bytes(midi_bytes(notes, tempo=tempo))


@checked
def midi_bytes(notes: np.ndarray, *, tempo: Positive = 96.0) -> bytes:
    """Return what `write_midi` writes, for a link in a page.

    Examples
    --------
    >>> midi_bytes([[0, 1, 60, 0], [1, 0.5, 62, 0]])[:4]
    b'MThd'
    """
    notes = check_notes(notes)
    second = 60 / float(np.clip(tempo, 4, 1000))  # of a quarter; MIDI has 24 bits for its microseconds
    score = pretty_midi.PrettyMIDI(resolution=480, initial_tempo=60 / second)
    for v in np.unique(notes[:, 3]):
        part = pretty_midi.Instrument(program=19, name=f"voice {v:.0f}")  # 19: church organ
        for onset, duration, key, _ in notes[notes[:, 3] == v]:
            a, b = second * onset, second * (onset + duration)
            part.notes.append(pretty_midi.Note(80, int(key), a, b))
        score.instruments.append(part)
    buffer = io.BytesIO()
    score.write(buffer)
    return buffer.getvalue()


@checked
def read_midi(path: str | os.PathLike[str]) -> np.ndarray:
    """Read the notes of a MIDI file [shape=(n_notes, 4)], as `write_midi` takes them; the grid is its own.

    A track is a voice; tracks of drums are left out.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no MIDI file, or has no notes of pitch.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "two.mid")
    >>> write_midi(path, [[0, 1, 60, 0], [1, 0.5, 62, 0]])
    >>> read_midi(path).round(3).tolist()
    [[0.0, 1.0, 60.0, 0.0], [1.0, 0.5, 62.0, 0.0]]
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"path: there is no file {str(path)!r}.")
    try:
        score = pretty_midi.PrettyMIDI(str(path))
    except (OSError, ValueError, IndexError, KeyError, EOFError) as error:
        raise ValueError(f"path: {str(path)!r} is no MIDI file ({error}).") from error
    notes: Sequence = [
        (*(score.time_to_tick(t) / score.resolution for t in (note.start, note.end)), note.pitch, v)
        for v, part in enumerate(part for part in score.instruments if not part.is_drum)
        for note in part.notes
    ]
    if not notes:
        raise ValueError(f"path: {str(path)!r} has no notes.")
    found = np.array(sorted(notes, key=lambda row: (row[3], row[0])), float)
    found[:, 1] -= found[:, 0]
    return found[found[:, 1] > 0]
