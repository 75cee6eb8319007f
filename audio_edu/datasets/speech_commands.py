"""Speech Commands v0.02: one-second words of thousands of real people, 16 kHz."""

from __future__ import annotations

from pathlib import Path

from .corpus import Corpus


def load_speech_commands(path: str | Path | None = None, *, words: tuple[str, ...] | None = None) -> Corpus:
    """Load spoken words from `path`, or download them."""
    raise NotImplementedError
