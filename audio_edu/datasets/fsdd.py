"""The Free Spoken Digit Dataset (FSDD): real people saying the English digits, 8 kHz."""

from __future__ import annotations

from pathlib import Path

from .corpus import Corpus


def load_fsdd(path: str | Path | None = None) -> Corpus:
    """Load real people's digits from `path`, or download them."""
    raise NotImplementedError
