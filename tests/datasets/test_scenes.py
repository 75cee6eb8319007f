"""Scenes hold what they say, at the times they say, and no source of the test is heard before."""

import shutil

import numpy as np
import pytest

from audio_edu.datasets import Corpus, _build_scenes, _effects, load_scene_sources
from audio_edu.datasets.scenes import EFFECTS, TAG_NAMES, Mixer, active, draw_scenes, tags_of


@pytest.fixture(scope="module")
def sources():
    return load_scene_sources()


def test_no_voice_and_no_preset_is_in_two_splits(sources):
    by_split = {name: set(sources.part(name).voices) for name in ("train", "validation", "test")}
    assert not by_split["train"] & by_split["test"] and not by_split["validation"] & by_split["test"]
    for split in by_split:
        part = sources.part(split)
        for kind in ("speech", "singing", "music", *EFFECTS):
            assert (part.info["kind"] == kind).any(), (split, kind)


def toy(n_s=1.0, rate=16000):
    """Two sources: a tone that is a bell, and noise that is rain."""
    t = np.arange(int(n_s * rate)) / rate
    tone = 0.1 * np.sin(2 * np.pi * 440 * t).astype(np.float32)
    hiss = 0.1 * np.random.default_rng(0).standard_normal(len(t)).astype(np.float32)
    info = {"kind": np.array(["bell", "rain"]), "piece": np.array(["", ""])}
    return Corpus("toy", (tone, hiss), tags_of(["bell", "rain"]), ["a", "b"], ["test"] * 2, rate, info)


def test_a_things_time_is_where_it_sounds():
    for seed in range(10):
        scene = Mixer(toy()).draw(np.random.default_rng(seed), kinds=["bell"])
        ((tag, start, end),) = scene.events
        assert TAG_NAMES[int(tag)] == "bell"
        a, b = active(scene.x, range_db=10.0)
        assert (start, end) == pytest.approx((a / 16000, b / 16000), abs=0.041)


def test_levels_are_those_that_are_named():
    scene = Mixer(toy()).draw(np.random.default_rng(3), kinds=["rain"])
    ((_, gain_db),) = scene.parts
    a, b = active(scene.x)
    level_db = 10 * np.log10(np.mean(scene.x[a + 800 : b - 800] ** 2))
    assert level_db == pytest.approx(-28 + gain_db, abs=0.7)


def test_varied_sources_are_as_loud_and_no_two_alike():
    mixer = Mixer(toy(4.0), varied=True)
    heard = []
    for seed in range(12):
        scene = mixer.draw(np.random.default_rng(seed), kinds=["rain"])
        ((_, gain_db),) = scene.parts
        ((_, start, end),) = scene.events
        inside = scene.x[round(16000 * start) + 800 : round(16000 * end) - 800]
        assert 10 * np.log10(np.mean(inside**2)) == pytest.approx(-28 + gain_db, abs=3)
        spectrum = np.abs(np.fft.rfft(inside, 64000))
        heard.append(10 * np.log10(np.mean(spectrum[16000:] ** 2) / np.mean(spectrum[:16000] ** 2)))
    # white noise above and below 4 kHz: other rooms, other microphones
    assert np.std(heard) > 2


def test_scenes_are_the_same_each_time_and_sometimes_silent(sources):
    test = sources.test
    a, b = draw_scenes(test, 40), draw_scenes(test, 40)
    assert a.fingerprint() == b.fingerprint()
    empty = ~a.targets.present.any(axis=1)
    assert 0 < empty.sum() < 10
    for x, events, present in zip(a.audio, a.targets.events, a.targets.present, strict=True):
        assert len(x) == 64000 and np.abs(x).max() <= 0.96
        assert set(events[:, 0].astype(int)) == set(np.flatnonzero(present))
        assert (0 <= events[:, 1]).all() and (events[:, 2] <= 4).all()
        assert (events[:, 1] < events[:, 2]).all()


def test_bad_sources_are_named(sources):
    with pytest.raises(ValueError, match="of the splits"):
        draw_scenes(sources.development, 1)
    with pytest.raises(ValueError, match="labels"):
        tags_of(["rain+snow"])
    with pytest.raises(ValueError, match="kinds"):
        Mixer(toy()).draw(np.random.default_rng(0), kinds=["dog"])


@pytest.mark.parametrize("tag", EFFECTS)
def test_generators_of_an_effect_are_in_one_split_each_and_make_sound(tag):
    by_split = _effects.GENERATORS[tag]
    every = [generator for some in by_split.values() for generator in some]
    assert len(set(every)) == len(every) >= 3
    for generator in every:
        x = generator(np.random.default_rng(5), 16000)
        assert x.shape == (16000,) and np.isfinite(x).all() and np.abs(x).max() > 1e-4


needs = pytest.mark.skipif(
    not shutil.which("fluidsynth") or not _build_scenes.font("gm"),
    reason="needs fluidsynth and fluid-soundfont-gm",
)


def compare(made, sources):
    """Built clips sound as the shipped ones: Opus moves samples, not levels in bands."""
    from audio_edu.signal import log_mel

    shipped = sources.select(sources.voices == made[0].voice)
    assert [clip.label for clip in made] == list(map(label, shipped.targets.present))
    for clip, x in zip(made, shipped.audio, strict=True):
        assert len(clip.x) == len(x)
        a, b = (
            10 * np.log10(np.mean(10 ** (log_mel(each.astype(np.float32), 16000, n_mels=20) / 10), axis=1))
            for each in (clip.x, x)
        )
        loud = a > a.max() - 25
        assert np.abs(a - b)[loud].mean() < 2.5


def label(present):
    return "+".join(name for name, yes in zip(TAG_NAMES, present, strict=True) if yes)


def test_built_effects_are_the_shipped_ones(sources):
    for generator in (_effects.birds.bird_chirps, _effects.machines.siren_chirping):
        split = "train" if generator is _effects.birds.bird_chirps else "test"
        compare(_build_scenes.computed(generator.__name__.split("_")[0], split, generator), sources)


@needs
def test_built_stems_are_the_shipped_ones(sources):
    compare(_build_scenes.stems("woodwind", "test", ("gm", 0, 74), 0, 3), sources)


@needs
def test_built_samples_are_the_shipped_ones(sources):
    compare(
        _build_scenes.sampled("telephone", "test", *_build_scenes.SAMPLED["telephone"]["test"][0]), sources
    )
