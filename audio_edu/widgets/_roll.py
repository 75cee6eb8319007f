"""Notes under a player: a piano roll in place of the waveform, with the playhead running over it."""

from collections.abc import Iterable
from typing import Any

import librosa
import numpy as np

from .._figure import COLORS

HEIGHT = 200.0


def check_roll(notes: Any, name: str, duration: float) -> np.ndarray:
    """Return notes [shape=(n_notes, 4)]: start and duration (seconds), MIDI number, voice; or raise."""
    rows = np.asarray(notes, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != 4 or not len(rows):
        raise ValueError(
            f"{name} has shape {rows.shape}; expected (n_notes, 4): start_s, duration_s, midi, voice."
        )
    starts, lengths, midi, voices = rows.T
    for good, what in (
        (np.isfinite(rows).all(), "a number that is not finite"),
        ((starts >= 0).all() and (lengths > 0).all(), "a note that starts before 0 or does not last"),
        ((starts + lengths <= duration + 0.05).all(), f"a note beyond the {duration:.2f} s of its sound"),
        (((midi >= 0) & (midi <= 127)).all(), "a MIDI number outside 0 to 127"),
        ((voices >= 0).all(), "a voice below 0"),
    ):
        if not good:
            raise ValueError(f"{name} has {what}.")
    return rows


def key_range(rolls: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return the MIDI numbers at the lower and upper edge of a picture that holds all notes."""
    keys = np.concatenate([roll[:, 2] for roll in rolls])
    return float(keys.min()) - 1.5, float(keys.max()) + 1.5


def count_notes(roll: np.ndarray) -> str:
    """Say how many notes there are."""
    return f"{len(roll)} note{'s' if len(roll) > 1 else ''}"


def roll_svg(roll: np.ndarray, duration: float, low: float, high: float) -> str:
    """Return a bar for each note as an SVG that fills its box."""
    row, paths = HEIGHT / (high - low), []
    for voice in np.unique(roll[:, 3]):
        bars = "".join(
            # a gap behind each bar, so that a repeated note is seen to begin anew
            f"M{1000 * start / duration:.0f} {(high - key - 0.45) * row:.1f}"
            f"h{max(2.0, 1000 * length / duration - 3):.0f}v{0.9 * row:.1f}H{1000 * start / duration:.0f}z"
            for start, length, key, _ in roll[roll[:, 3] == voice]
        )
        paths.append(f'<path d="{bars}" fill="{COLORS[int(voice) % len(COLORS)]}" stroke="none"/>')
    return (
        f'<svg viewBox="0 0 1000 {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="Piano roll of {count_notes(roll)}: time to the right, pitch upwards.">'
        f"{''.join(paths)}</svg>"
    )


def key_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return (height from 0 to 1, name) of each C in the picture, or of its lowest and highest key."""
    keys = [key for key in range(int(np.ceil(low)), int(high) + 1) if key % 12 == 0]
    keys = keys if len(keys) > 1 else [int(low + 1.5), int(high - 1.5)]
    return [((key - low) / (high - low), librosa.midi_to_note(key, unicode=False)) for key in keys]
