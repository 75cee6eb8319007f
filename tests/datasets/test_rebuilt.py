"""Some clips of every corpus made anew by the free tools: what ships is what the scripts make.

Where the tools are not installed these tests are skipped. ``make tools`` installs them on Debian; CI does.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from audio_edu.datasets import (
    _build,
    _build_digits,
    _build_notes,
    _build_prompts,
    _build_sentences,
    _build_words,
    _voices,
    load_digits,
    load_notes,
    load_prompts,
    load_sentences,
    load_words,
)

SPEAKS = all(map(shutil.which, ("flite", "festival", "espeak-ng"))) and find_spec("pyworld")
FONT = next((path for path in map(Path, _build_notes.SOUND_FONTS) if path.is_file()), None)
needs_voices = pytest.mark.skipif(not SPEAKS, reason="needs flite, festival, espeak-ng, pyworld: make tools")


def _likeness(made, clip):
    """The correlation of two clips, which have the same length."""
    assert made.shape == clip.shape
    return np.corrcoef(made, clip)[0, 1]


# flite through the vocoder, and formants; Festival's voices take longer
VOICES = ("slt-00", "espeak-Annie")


@needs_voices
@pytest.mark.parametrize("name", VOICES)
def test_a_voice_of_the_digits_says_what_ships(name):
    digits = load_digits()
    shipped = digits.select(digits.voices == name)
    (made,) = _build_digits.clips(_voices.all_voices(), only=[name])
    assert [clip.label for clip in made] == [digits.label_names[k] for k in shipped.labels]
    # FLAC of 12 bits or so keeps samples to a thousandth
    assert min(_likeness(a.x, b) for a, b in zip(made, shipped.audio, strict=True)) > 0.99


@needs_voices
@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize(
    ("load", "builder"),
    [(load_sentences, _build_sentences), (load_words, _build_words)],
    ids=["sentences", "words"],
)
def test_a_voice_reads_what_ships(load, builder, name):
    corpus = load()
    shipped = corpus.select(corpus.voices == name)
    (made,) = builder.clips(_voices.all_voices(), only=[name])
    assert tuple(clip.label for clip in made) == shipped.targets.texts
    # Opus is lossy: it keeps what is heard, not the samples
    assert min(_likeness(a.x, b) for a, b in zip(made, shipped.audio, strict=True)) > 0.8


@pytest.mark.skipif(
    not _build_prompts.SOUNDS.is_dir(), reason="needs asterisk-core-sounds-en-wav: make tools"
)
def test_the_prompts_are_those_of_the_package():
    prompts = load_prompts()
    made = list(_build_prompts.clips())
    assert tuple(clip.label for clip in made) == prompts.targets.texts
    assert [clip.split for clip in made] == prompts.split.tolist()
    for clip, shipped in zip(made, prompts.audio, strict=True):
        assert np.abs(clip.x - shipped).max() < 1e-4


@pytest.mark.skipif(
    not FONT or not shutil.which("fluidsynth"),
    reason="needs fluidsynth and fluid-soundfont-gm: make tools",
)
def test_a_preset_of_the_notes_sounds_as_what_ships():
    notes = load_notes()
    shipped = notes.select(notes.voices == "flute-073")
    keys = list(zip(shipped.info["pitch"].tolist(), shipped.info["velocity"].tolist(), strict=True))
    made = _build_notes.render(FONT, 73, keys)
    scale = _build.PEAK / max(np.abs(x).max() for x in made)
    for x, clip in zip(made, shipped.audio, strict=True):
        assert np.abs(scale * x - clip).max() < 2e-3
