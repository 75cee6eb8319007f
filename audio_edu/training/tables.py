"""Tables of measurements, kept as CSV beside the checkpoints."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._files import replacing


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as they are measured; a table that was there stays until all of them are.

    Parameters
    ----------
    path : Path
        The ``.csv``.
    rows : iterable of mapping
        The first one names the columns.

    Returns
    -------
    int
        How many rows there are.
    """
    writer, n = None, 0
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            n += 1
    return n


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))
