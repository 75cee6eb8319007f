"""A finished figure as a light picture with a description and facts; the one style of all figures."""

import base64
import io
from html import escape
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ._assets import with_assets

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
GREY, BLACK, SKY, YELLOW = "#7A8590", "#1F2328", "#56B4E9", "#E69F00"
COLORS = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, GREY)

STYLE: dict[str, Any] = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.labelcolor": BLACK,
    "axes.edgecolor": "#9AA4AF",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E8EC",
    "grid.linewidth": 0.8,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS),
    "lines.linewidth": 1.7,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "xtick.color": "#4A545E",
    "ytick.color": "#4A545E",
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "image.cmap": "magma",
}


def use_style() -> None:
    """Draw in the book's style from now on: nothing of the reader's matplotlibrc or style sheet is left."""
    matplotlib.rcdefaults()  # the window system stays the reader's
    matplotlib.rcParams.update(STYLE)


class Picture:
    """A finished figure with its description: what a cell shows instead of a bare figure.

    Attributes
    ----------
    alt : str
        What there is to see, for readers who do not see it.
    facts : str
        What was drawn, in rounded numbers, so that a notebook executed again can be compared.
    n_bytes : int
        The size of :attr:`html`.
    """

    def __init__(self, fig: Figure, alt: str):
        self.alt, self.facts = alt, figure_facts(fig)
        # a figure of 6 in fills the column; a smaller one is not blown up to it
        size = f"width:100%;max-width:{44 / 6 * fig.get_figwidth():.0f}rem;height:auto;background:#fff"
        image = f'<img alt="{escape(alt)}" src="{image_uri(fig)}" style="{size}">'
        self.html = f'<figure class="ae-figure">{image}</figure>'
        self.n_bytes = len(self.html)

    def __repr__(self) -> str:
        """Return the facts in one line."""
        return f"figure: {self.facts}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": with_assets(self.html)}


def image_uri(fig: Figure) -> str:
    """Return the figure as a WebP ``data:`` address: in 64 colours, or lossy where that is far smaller."""
    from PIL import Image

    # 864 pixels at 6 in: more than the book's column has, and sharp on a phone.
    fig.set(dpi=144, facecolor="white")
    canvas = FigureCanvasAgg(fig)
    with matplotlib.rc_context():
        use_style()
        canvas.draw()  # once: `savefig` would draw it twice
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    exact, lossy = io.BytesIO(), io.BytesIO()
    # Lines and letters are a few colours and the steps between them: a palette halves the bytes.
    image.quantize(64).convert("RGB").save(exact, "WEBP", lossless=True, quality=60, method=4)
    image.save(lossy, "WEBP", quality=78, method=4)
    best = lossy if lossy.tell() < 0.7 * exact.tell() else exact
    return f"data:image/webp;base64,{base64.b64encode(best.getvalue()).decode('ascii')}"


def figure_facts(fig: Figure) -> str:
    """Describe what is drawn (titles, lines, images, bars) in numbers rounded to three digits."""
    parts = []
    for ax in fig.axes:
        drawn = [f"{ax.get_title(loc='left') or ax.get_title()}".strip()]
        for line in ax.lines:
            drawn.append(_range_facts(f"line of {len(line.get_ydata())} points", line.get_ydata()))
        for image in ax.images:
            drawn.append(
                _range_facts("image " + "×".join(map(str, image.get_array().shape)), image.get_array())
            )
        for mesh in ax.collections:
            if mesh.get_array() is not None:
                drawn.append(_range_facts(f"mesh of {mesh.get_array().size}", mesh.get_array()))
        if ax.patches:
            heights = [patch.get_height() for patch in ax.patches if hasattr(patch, "get_height")]
            drawn.append(_range_facts(f"{len(ax.patches)} patches", heights))
        parts.append("[" + ", ".join(filter(None, drawn)) + "]")
    return f"{len(fig.axes)} axes; " + " ".join(parts)


def _range_facts(what: str, values: Any) -> str:
    values = np.ma.compressed(np.ma.masked_invalid(np.ma.asarray(values, dtype=float)))
    if not len(values):
        return what
    low, high = float(values.min()), float(values.max())
    digits = 2 - int(np.floor(np.log10(max(abs(low), abs(high), 1e-12))))
    low, high = round(low, digits) + 0.0, round(high, digits) + 0.0
    return f"{what}, {low:.6g} to {high:.6g}"
