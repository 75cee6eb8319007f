"""A table of scores that the eye, a screen reader and nbval can read."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated, Any

from .._assets import with_assets
from .._validate import checked


@checked
class Table:
    """Rows under a caption; see `table`."""

    def __init__(self, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]):
        self.caption, self.columns, self.rows = caption, tuple(columns), [tuple(row) for row in rows]

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        form = "  ".join(f"{{:{'<' if i == 0 else '>'}{width}}}" for i, width in enumerate(widths))
        return "\n".join([self.caption, *(form.format(*line).rstrip() for line in lines)])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.columns)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>{"".join(map(_cell, rest))}</tr>'
            for first, *rest in self.rows
        )
        return with_assets(
            f'<div class="ae-table" role="region" tabindex="0" aria-label="{escape(self.caption)}"><table>'
            f"<caption>{escape(self.caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )


def _cell(text: str) -> str:
    """Numbers and intervals stay on one line."""
    number = ' class="ae-number"' if text[:1] in "−-+(0123456789." and len(text) < 24 else ""
    return f"<td{number}>{escape(text)}</td>"


@checked
def table(
    rows: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    caption: str,
    digits: Annotated[int, (0, 15)] = 3,
) -> Table:
    """Lay out numbers as a table, to be shown as the output of a notebook cell.

    Parameters
    ----------
    rows : mapping of str to mapping, or sequence of mappings
        For each row its values by the names of their columns. A mapping's keys are the first column. A column
        that a row does not have stays empty there.
    caption : str
        What the table shows, and on what it was measured.
    digits : int
        Decimals of the floats; what should look otherwise is given as text.

    Raises
    ------
    ValueError
        If there is no row.

    Examples
    --------
    >>> table({"blind guess": {"accuracy": 0.1, "clips": 300}}, caption="Ten digits")
    Ten digits
                 accuracy  clips
    blind guess     0.100    300
    """
    if isinstance(rows, Mapping):
        rows = [{"": name, **values} for name, values in rows.items()]
    if not len(rows):
        raise ValueError("rows is empty; expected one mapping of values a row.")
    columns = list(dict.fromkeys(name for row in rows for name in row))

    def shown(value: Any) -> str:
        if isinstance(value, float):
            value = f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0 turns −0.0 into 0.0
        text = str(value)
        return "−" + text[1:] if re.match(r"-[\d.]", text) else text

    return Table(caption, columns, [[shown(row.get(name, "")) for name in columns] for row in rows])
