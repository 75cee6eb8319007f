"""`abx_test`: a blind listening test of some trials, in a page without a kernel."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated, Any

from numpy.typing import ArrayLike

from .._assets import with_assets
from .._validate import check_choice, checked
from ._sound import Sound, check_sound, data_uri, facts, matched_gains, mp3
from .player import Bytes, shorten


@checked
class Trials:
    """A listening test, ready to be shown as the output of a notebook cell; see `abx_test`."""

    def __init__(
        self,
        sounds: Mapping[tuple[str, str], Sound],
        pairs: Sequence[tuple[str, str]],
        n_trials: int,
        *,
        title: str,
        hint: str,
    ):
        self.title, self.hint, self.pairs, self.n_trials = title, hint, tuple(pairs), n_trials
        self._sounds, self._gains = dict(sounds), matched_gains(list(sounds.values()))
        self.html = self._render()
        self.n_bytes = len(self.html)

    def __repr__(self) -> str:
        lines = [f"  {system}, {passage} · {facts(s)}" for (passage, system), s in self._sounds.items()]
        pairs = "; ".join(f"{a} | {b}" for a, b in self.pairs)
        return "\n".join([f"ABX test: {self.title} · {self.n_trials} trials · {pairs}", *shorten(lines)])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": with_assets(self.html)}

    def _render(self) -> str:
        boxes = []
        for ((passage, system), sound), gain in zip(self._sounds.items(), self._gains, strict=True):
            name = escape(f"{system}, {passage}")
            source = data_uri(mp3(sound, gain), "audio/mpeg")
            boxes.append(
                f'<div class="ae-sound" data-passage="{escape(passage)}" data-system="{escape(system)}" '
                f'data-seconds="{sound.duration:.4g}"><p class="ae-name">{name}</p>'
                f'<audio controls preload="none" aria-label="{name}" src="{source}"></audio>'
                f'<p class="ae-facts">{escape(facts(sound)).replace(" -", " −")}</p></div>'
            )
        hint = f'<p class="ae-hint">{escape(self.hint)}</p>' if self.hint else ""
        pairs = escape(json.dumps(self.pairs, ensure_ascii=False))
        return (
            f'<audio-trials role="group" aria-label="{escape(self.title)}" data-trials="{self.n_trials}" '
            f'data-pairs="{pairs}"><p class="ae-title">{escape(self.title)}</p>{hint}'
            f'<p class="ae-ask">Without scripts there is no blind test; the sounds are in the list.</p>'
            f'<details class="ae-list"><summary>All {len(boxes)} sounds, by name</summary>{"".join(boxes)}'
            "</details></audio-trials>"
        )


@checked
def abx_test(
    sounds: Mapping[str, Mapping[str, ArrayLike]],
    pairs: Sequence[tuple[str, str]],
    sample_rate: float,
    *,
    n_trials: Annotated[int, (1, 100)] = 12,
    title: str,
    hint: str = "",
    max_bytes: Bytes = 900_000,
) -> Trials:
    """Ask in some trials whether X is A or B, at random, all equally loud; the answers can be downloaded.

    Each trial takes a passage and a pair of systems. Passages and pairs come equally often, as far as
    `n_trials` allows, in a new order each time; which of the pair is A, and which one X is, is drawn by the
    page. It keeps the answers, shows at the end the share of right ones with its interval, and writes them as
    CSV: ``test, listener, trial, passage, a, b, x, answer, right, seconds``. Nothing is sent anywhere.

    Parameters
    ----------
    sounds : mapping of passage to mapping of system to np.ndarray [shape=(n_samples,)]
        Every passage by every system that is in a pair.
    pairs : sequence of (system, system)
        What is compared.
    sample_rate : float
        Samples a second (Hz).
    n_trials : int
        How many trials.
    title, hint : str
        What it is, and what to listen for.
    max_bytes : int
        A heavier test (bytes of HTML) is an error, so that pages stay light.

    Returns
    -------
    Trials
        Its text has the pairs, and a line of facts for each sound; of many, for the first and the last three.

    Raises
    ------
    TypeError, ValueError
        If a pair has one system twice or one that a passage does not have, a sound is not finite and mono, or
        all together are too heavy.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.1 * np.sin(np.arange(4000) / 5)
    >>> sounds = {"tone": {"clean": tone, "square": 0.1 * np.sign(tone)}}
    >>> abx_test(sounds, [("clean", "square")], 8000, title="Hear it?")
    ABX test: Hear it? · 12 trials · clean | square
      clean, tone · 0.500 s · 8000 Hz · peak -20.0 dBFS · RMS -23.0 dBFS · centroid 255 Hz
      square, tone · 0.500 s · 8000 Hz · peak -20.0 dBFS · RMS -20.0 dBFS · centroid 471 Hz
    """
    if not pairs or not sounds:
        raise ValueError(f"{len(sounds)} passages and {len(pairs)} pairs; expected one of each at least.")
    if not title.strip():
        raise ValueError("title is empty; it is the name of the test in the answers' file.")
    used = list(dict.fromkeys(name for pair in pairs for name in pair))
    for a, b in pairs:
        if a == b:
            raise ValueError(f"pairs has {a!r} twice in one pair; expected two systems that differ.")
    good = {}
    for passage, systems in sounds.items():
        for name in used:
            check_choice(name, "a system in pairs", systems)
            good[str(passage), str(name)] = check_sound(
                systems[name], sample_rate, f"sounds[{passage!r}][{name!r}]"
            )
    test = Trials(good, [(str(a), str(b)) for a, b in pairs], n_trials, title=title, hint=hint)
    if test.n_bytes > max_bytes:
        raise ValueError(
            f"this test weighs {test.n_bytes / 1000:.0f} kB; at most {max_bytes / 1000:.0f} kB keeps a page "
            "light. Take fewer or shorter passages, or a larger max_bytes."
        )
    return test
