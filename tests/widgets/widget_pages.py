"""Sounds to test with, and pages made of the widgets' own HTML."""

from __future__ import annotations

import json

import numpy as np

from audio_edu import plots
from audio_edu.widgets import sound_map

RATE = 16000


def voice(f0_hz: float = 150.0, duration: float = 2.0, sample_rate: int = RATE) -> np.ndarray:
    """A buzz with a gliding formant: something that has a picture worth looking at."""
    t = np.arange(int(duration * sample_rate)) / sample_rate
    x = np.zeros_like(t)
    for k in range(1, int(0.45 * sample_rate / f0_hz)):
        f = k * f0_hz
        x += np.exp(-((f - 700 - 900 * np.sin(2 * np.pi * t / duration)) ** 2) / 3e5) * np.sin(
            2 * np.pi * f * t
        )
    return 0.3 * x / np.abs(x).max() * np.minimum(1, 20 * np.minimum(t, duration - t))


PITCHES = {(0.0, 0.0): 300, (1.0, 0.0): 600, (0.0, 1.0): 900, (1.0, 1.0): 1200}


def ground():
    """Axes from −0.5 to 1.5."""
    _, ax = plots.figure(width=4, height=3)
    ax.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5))
    return ax


def tones(level=0.1):
    """A tone for each corner of the unit square."""
    t = np.arange(20 * RATE) / RATE  # no busy machine comes to the end of it
    return {place: level * np.sin(2 * np.pi * f0 * t) for place, f0 in PITCHES.items()}


def four():
    """A map of them."""
    names = {place: f"{f0} Hz" for place, f0 in PITCHES.items()}
    return sound_map(ground(), tones(), RATE, alt="Four corners.", title="Corners", names=names)


def page_html(*objects, theme: str = "light", script: bool = True) -> str:
    """Write a page from the objects' own output, as a notebook renderer would."""
    from ipywidgets.embed import embed_data

    from audio_edu._assets import script_and_style
    from audio_edu.widgets.explorer import Explorer

    parts, views = [], []
    for item in objects:
        if isinstance(item, Explorer):
            views.append(item.widget)
            parts.append(("widget", item))
        else:
            parts.append(("html", item.html))
    body, state = [], None
    if views:
        data = embed_data(views=views)
        state = json.dumps(data["manager_state"]).replace("</", "<\\/")
        specs = iter(data["view_specs"])
    for kind, item in parts:
        if kind == "html":
            body.append(item)
        else:
            spec = json.dumps(next(specs))
            body.append(
                f'{item.head_html()}<script type="application/vnd.jupyter.widget-view+json">{spec}</script>'
            )
    if state:
        body.append(f'<script type="application/vnd.jupyter.widget-state+json">{state}</script>')
        body.append('<script src="embed.js"></script>')
    dark = "background:#121417;color:#ddd" if theme == "dark" else "background:#fff;color:#222"
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        f'<title>Widgets</title><link rel="icon" href="data:,">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{script_and_style() if script else ''}</head>"
        f'<body style="{dark};font-family:system-ui,sans-serif;margin:16px">'
        f"<main><h1>Widgets</h1>{''.join(body)}</main></body></html>"
    )
