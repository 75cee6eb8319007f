"""`explore`: sliders and choices over a function that draws or sounds, with a kernel and without one."""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import Any

import ipywidgets as ipw
import numpy as np
from matplotlib.figure import Figure

from .. import plots
from .._assets import is_static, with_assets
from .._validate import Size, checked
from .player import Bytes, Player, listen, shorten

UNITS = {"hz": "Hz", "khz": "kHz", "s": "s", "ms": "ms", "db": "dB", "bits": "bits", "percent": "%"}
SHORT_ENOUGH_FOR_BUTTONS = 40  # characters of all labels together

_serial = itertools.count(1)


@checked
@dataclass(frozen=True)
class Choice:
    """One control: its parameter's name, what it says beside it, and its values with their labels."""

    name: str
    label: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]

    @checked
    def describe(self, i: int) -> str:
        """Return the choice of value `i` in words: "cutoff 500 Hz"."""
        label, _, unit = self.label.partition(" (")
        return f"{label} {self.texts[i]} {unit.removesuffix(')')}".strip()

    @property
    def ordered(self) -> bool:
        """Whether the values are numbers in order: they get a slider."""
        numbers = all(isinstance(v, Real) and not isinstance(v, bool) for v in self.values)
        return numbers and (
            all(a < b for a, b in itertools.pairwise(self.values))
            or all(a > b for a, b in itertools.pairwise(self.values))
        )


@checked
class Explorer:
    """Controls over the pictures and sounds of a function. Made by :func:`explore`.

    Attributes
    ----------
    choices : tuple of Choice
        The controls, in the order given.
    n_combinations : int
        The product of the numbers of values.
    n_bytes : int
        What the stored combinations weigh; in a live kernel, an estimate from the first one.
    facts : tuple of str
        One line for each combination computed so far (static: all of them).
    widget : ipywidgets.VBox
        The controls and the picture.
    """

    def __init__(
        self,
        draw: Callable[..., Any],
        choices: tuple[Choice, ...],
        *,
        title: str,
        hint: str,
        alt: str | Callable[..., str],
        start: tuple[int, ...],
        static: bool,
        max_bytes: int,
    ):
        self.choices, self.title, self.hint, self.static = choices, str(title), str(hint), static
        self._draw, self._alt, self._start = draw, alt, start
        self._id = f"explorer-{next(_serial)}"
        self._cache: dict[tuple[int, ...], str] = {}
        self._facts: dict[tuple[int, ...], str] = {}
        self.n_combinations = int(np.prod([len(c.values) for c in choices]))
        self._compute(start)
        if static:
            for index in itertools.product(*(range(len(c.values)) for c in choices)):
                self._compute(index)
            self.n_bytes = sum(map(len, self._cache.values()))
            self._check_weight(max_bytes)
        else:
            self.n_bytes = len(self._cache[start]) * self.n_combinations
        self.widget = self._build()

    @property
    def facts(self) -> tuple[str, ...]:
        """One line for each combination computed so far, in order."""
        return tuple(self._facts[index] for index in sorted(self._facts))

    def __repr__(self) -> str:
        """Return what it weighs and the facts of its combinations."""
        head = f"explore: {self.title}" if self.title else "explore"
        return "\n".join([f"{head} · {self._weight()}", *(f"  {line}" for line in self._fact_lines())])

    def _weight(self) -> str:
        combinations = f"{self.n_combinations} combination{'s' if self.n_combinations > 1 else ''}"
        # Two digits: encoders on other machines may differ by a few bytes.
        kb = float(f"{self.n_bytes / 1000:.2g}")
        return f"{combinations}, {'' if self.static else 'about '}{kb:g} kB in the page"

    def _fact_lines(self) -> list[str]:
        return shorten(self.facts) if self.static else [self._facts[self._start]]

    def _check_weight(self, max_bytes: int) -> None:
        if self.n_bytes <= max_bytes:
            return
        sizes = " × ".join(f"{len(c.values)} {c.name}" for c in self.choices)
        each = self.n_bytes / self.n_combinations / 1000
        fitting = max(1, int(self.n_combinations * max_bytes / self.n_bytes))
        raise ValueError(
            f"this explorer weighs {self.n_bytes / 1000:.0f} kB "
            f"({sizes} = {self.n_combinations} combinations of {each:.1f} kB); at most "
            f"{max_bytes / 1000:.0f} kB keeps the page light. Use about {fitting} combinations, shorter "
            f"sounds or smaller figures, or pass max_bytes={-(-self.n_bytes // 100_000) * 100_000}."
        )

    def _compute(self, index: tuple[int, ...]) -> str:
        if index not in self._cache:
            values = {c.name: c.values[i] for c, i in zip(self.choices, index, strict=True)}
            description = self._describe(index)
            result = self._draw(**values)
            alt = self._alt(**values) if callable(self._alt) else self._alt
            html, facts, n_players = [], [], 0
            for item in _items(result, description):
                if isinstance(item, Figure):
                    item = plots.show(item, alt=alt or f"{self.title or 'Figure'}: {description}")
                if isinstance(item, Player):
                    slot = escape(f"{self._id}-{n_players}")
                    html.append(item.html.replace("<audio-player ", f'<audio-player data-group="{slot}" ', 1))
                    n_players += 1
                else:
                    html.append(item.html)
                facts.append(re.sub(r"^listen(: [^·]*)? · ", "", repr(item)))
            self._cache[index] = "".join(html)
            self._facts[index] = f"{description}: {' | '.join(facts)}"
        return self._cache[index]

    def _describe(self, index: tuple[int, ...]) -> str:
        return ", ".join(c.describe(i) for c, i in zip(self.choices, index, strict=True))

    # ---- widgets ----

    def _build(self) -> ipw.VBox:
        controls = [_control(c, i) for c, i in zip(self.choices, self._start, strict=True)]
        body = self._static_body(controls) if self.static else self._live_body(controls)
        return ipw.VBox([*controls, body], layout=ipw.Layout(width="auto", max_width="44rem"))

    def _static_body(self, controls: list[ipw.Widget]) -> ipw.Widget:
        """Nest one stack of pages for each control, linked in the browser: they turn without a kernel."""
        self.links: list[ipw.Widget] = []
        # The shortest choice outermost makes the fewest stacks.
        order = sorted(range(len(self.choices)), key=lambda k: len(self.choices[k].values))

        def level(depth: int, chosen: dict[int, int]) -> ipw.Widget:
            if depth == len(order):
                return ipw.HTML(self._cache[tuple(chosen[k] for k in range(len(order)))])
            k = order[depth]
            children = [level(depth + 1, {**chosen, k: i}) for i in range(len(self.choices[k].values))]
            stack = ipw.Stack(children, selected_index=self._start[k], layout=ipw.Layout(width="auto"))
            self.links.append(ipw.jslink((controls[k], "index"), (stack, "selected_index")))
            return stack

        return level(0, {})

    def _live_body(self, controls: list[ipw.Widget]) -> ipw.Widget:
        """Compute what is asked for when it is asked for, and remember it."""
        page = ipw.HTML(self._cache[self._start], layout=ipw.Layout(width="auto"))

        def update(_: Any) -> None:
            try:
                page.value = self._compute(tuple(control.index for control in controls))
            except Exception as error:  # a callback's traceback would end in the log, unseen
                message = escape(f"{type(error).__name__}: {error}")
                page.value = f'<div class="ae-error" role="alert">{message}</div>'

        for control in controls:
            control.observe(update, names="index")
        return page

    def head_html(self) -> str:
        """Return title, hint, weight and facts, and one combination for browsers that run no scripts."""
        title = f'<p class="ae-title">{escape(self.title)}</p>' if self.title else ""
        hint = f'<p class="ae-hint">{escape(self.hint)}</p>' if self.hint else ""
        lines = "".join(f"<li>{escape(line)}</li>" for line in self._fact_lines())
        shown = self._describe(self._start)
        notice = f"The controls need scripts. This is one of {self.n_combinations} combinations: {shown}."
        page = self._cache[self._start].replace("data-group", "data-no-group")
        return (
            f'<div class="ae-explorer">{title}{hint}'
            f"<details><summary>{self._weight()}</summary><ul>{lines}</ul></details>"
            f"<noscript><p>{escape(notice)}</p>{page}</noscript></div>"
        )

    def _ipython_display_(self, **_: Any) -> None:
        from IPython.display import display

        display({"text/plain": repr(self), "text/html": with_assets(self.head_html())}, raw=True)
        bundle = dict(self.widget._repr_mimebundle_())
        # The widget's own text would hold its whole HTML.
        bundle["text/plain"] = f"controls: {', '.join(c.label for c in self.choices)}"
        display(bundle, raw=True)


@checked
def explore(
    draw: Callable[..., Any],
    *,
    title: str = "",
    hint: str = "",
    labels: Mapping[str, str] | None = None,
    start: Mapping[str, Any] | None = None,
    alt: str | Callable[..., str] = "",
    static: bool | None = None,
    max_bytes: Bytes = 1_200_000,
    max_combinations: Size = 200,
    **choices: Any,
) -> Explorer:
    """Put sliders and choices over a function that draws a figure, makes a sound, or both.

    In a live kernel a combination is computed when it is asked for. With ``AUDIO_EDU_STATIC=1``, as when the
    book is built, all are computed and stored, and the same controls turn through them in the page, without
    a kernel.

    Parameters
    ----------
    draw : callable
        Called with one keyword argument for each choice. Returns a matplotlib ``Figure`` (make it with
        ``plots.figure``), a sound ``(x, sample_rate)``, a :class:`Player`, a ``plots.Picture``, or a tuple or
        list of these.
    title, hint : str
        What it is, and what to look and listen for.
    labels : mapping of str to str, optional
        What stands beside a control; default made from the name (``cutoff_hz`` becomes "cutoff (Hz)").
    start : mapping of str to value, optional
        The first combination shown; default the first value of each.
    alt : str or callable
        Description of the figures; a callable gets the same arguments as `draw`.
    static : bool, optional
        Store all combinations; default from the environment.
    max_bytes, max_combinations : int
        More than this is an error, so that pages stay light.
    **choices
        ``name=values``. Numbers in order get a slider, a few short texts buttons, others a menu. A dict gives
        each value a text: ``{"cathedral": 2.0, "room": 0.3}``.

    Returns
    -------
    Explorer
        Shown when it is a cell's last value; otherwise pass it to ``display``.

    Raises
    ------
    TypeError, ValueError
        If there is no choice or one without values, if there are too many combinations, if they weigh too
        much, or if `draw` returns something that cannot be shown.

    Examples
    --------
    >>> import numpy as np
    >>> def tone(f0_hz):
    ...     return 0.1 * np.sin(2 * np.pi * f0_hz * np.arange(4000) / 8000), 8000
    >>> for line in explore(tone, f0_hz=[220, 440], title="Octave", static=True).facts:
    ...     print(line)
    f0 220 Hz: 0.500 s · 8000 Hz · peak -20.0 dBFS · RMS -23.0 dBFS · centroid 220 Hz
    f0 440 Hz: 0.500 s · 8000 Hz · peak -20.0 dBFS · RMS -23.0 dBFS · centroid 440 Hz
    """
    if not choices:
        raise ValueError("explore needs at least one choice: explore(draw, cutoff_hz=[500, 1000, 2000]).")
    unknown = (set(labels or {}) | set(start or {})) - set(choices)
    if unknown:
        raise ValueError(f"labels or start name {sorted(unknown)}; the choices are {sorted(choices)}.")
    controls = tuple(_choice(name, values, labels or {}) for name, values in choices.items())
    n = int(np.prod([len(c.values) for c in controls]))
    if n > max_combinations:
        sizes = " × ".join(f"{len(c.values)} {c.name}" for c in controls)
        raise ValueError(
            f"{sizes} = {n} combinations; at most {max_combinations} keep the page light and the build "
            "short. Give each choice fewer values, or split the explorer in two."
        )
    first = []
    for c in controls:
        wanted = (start or {}).get(c.name, c.values[0])
        found = [i for i, value in enumerate(c.values) if value == wanted]
        if not found:
            raise ValueError(
                f"start[{c.name!r}] is {wanted!r}, which is not among its values {list(c.values)}."
            )
        first.append(found[0])
    return Explorer(
        draw,
        controls,
        title=title,
        hint=hint,
        alt=alt,
        start=tuple(first),
        static=is_static() if static is None else static,
        max_bytes=max_bytes,
    )


def _choice(name: str, values: Any, labels: Mapping[str, str]) -> Choice:
    if isinstance(values, str) or not (isinstance(values, Mapping | Sequence | np.ndarray | range)):
        raise TypeError(f"{name} is {values!r}; expected a list, range, array, or dict of text to value.")
    if len(values) == 0:
        raise ValueError(f"{name} has no values; give at least one.")
    if isinstance(values, Mapping):
        texts, values = tuple(map(str, values)), tuple(values.values())
    else:
        # Python numbers, so that draw sees what the author typed and texts read well.
        values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
        texts = tuple(_text(v) for v in values)
    return Choice(name, str(labels.get(name, _label(name))), values, texts)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _label(name: str) -> str:
    words = name.split("_")
    unit = UNITS.get(words[-1]) if len(words) > 1 else None
    if words[0] == "n" and len(words) > 1:
        return " ".join(words[1:])
    return f"{' '.join(words[:-1])} ({unit})" if unit else " ".join(words)


def _control(choice: Choice, index: int) -> ipw.Widget:
    options = {
        "options": choice.texts,
        "index": index,
        "description": choice.label,
        "style": {"description_width": "initial"},
    }
    if choice.ordered and len(choice.values) > 1:
        return ipw.SelectionSlider(**options, layout=ipw.Layout(width="auto"))
    if len(choice.texts) <= 5 and sum(map(len, choice.texts)) <= SHORT_ENOUGH_FOR_BUTTONS:
        options["style"] = {"description_width": "initial", "button_width": "auto"}
        return ipw.ToggleButtons(**options, layout=ipw.Layout(width="auto"))
    return ipw.Dropdown(**options, layout=ipw.Layout(width="auto", max_width="24rem"))


def _items(result: Any, description: str) -> list[Any]:
    """Return the figures, pictures and players in what `draw` returned."""
    if isinstance(result, Figure | Player | plots.Picture):
        return [result]
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Real):
        return [listen(*result, title=description)]
    if isinstance(result, tuple | list) and result:
        return [item for part in result for item in _items(part, description)]
    raise TypeError(
        f"draw returned {type(result).__name__} for {description}; expected a matplotlib Figure, a sound "
        "(x, sample_rate), a Player, or a tuple of these."
    )
