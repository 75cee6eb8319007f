"""Looking inside: maps that keep their sums, tests that notice, probes that do not cheat, least changes."""

import csv

import numpy as np
import pytest
from sklearn.metrics import r2_score

from audio_edu.applications.inspect import (
    SALIENCY_MAPS,
    between_digits,
    experiments,
    least_change,
    logits_of_samples,
    picture_to_sound,
    saliency_map,
    step_to_boundary,
    text_picture,
    top_cells,
)
from audio_edu.applications.inspect import test_curve as curve_of
from audio_edu.applications.inspect.experiments import (
    layer_features,
    probe,
    random_labels,
    randomize_layers,
    rank_correlation,
    untrained,
)
from audio_edu.datasets import load_digits
from audio_edu.generation import load_gan
from audio_edu.recognition import load_cnn
from audio_edu.training import as_array, checkpoint_dir

rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def cnn():
    return load_cnn()


@pytest.fixture(scope="module")
def words(cnn):
    test = load_digits().test
    some = test.select(np.arange(0, 840, 70))
    return some, cnn.features(some.audio)


def test_integrated_gradients_add_up(cnn, words):
    """Completeness: the map's sum is the logit less that of the empty picture."""
    some, x = words
    found = saliency_map(cnn.network, x, some.labels, n_steps=64)
    empty = np.concatenate([np.zeros_like(x[..., :-1]), x[..., -1:]], axis=-1)
    rows = np.arange(len(x))
    logits = [as_array(cnn.network(each, training=False))[rows, some.labels] for each in (x, empty)]
    # relu has corners: the midpoint rule is near, not exact
    assert found.sum(axis=(1, 2)) == pytest.approx(logits[0] - logits[1], abs=0.15)


def test_maps_are_of_their_own_clip_and_inside_the_word(cnn, words):
    some, x = words
    for kind in SALIENCY_MAPS:
        together = saliency_map(cnn.network, x, some.labels, kind=kind, n_steps=2)
        assert together.shape == (*x.shape[:2], 40)
        assert not together[x[..., -1] == 0].any()
        if kind != "SmoothGrad":  # its noise differs
            alone = saliency_map(cnn.network, x[3:4], some.labels[3:4], kind=kind, n_steps=2)
            np.testing.assert_allclose(together[3:4], alone, atol=1e-4)
    with pytest.raises(ValueError, match="kind"):
        saliency_map(cnn.network, x, some.labels, kind="aura")
    with pytest.raises(ValueError, match="labels"):
        saliency_map(cnn.network, x, some.labels + 10)


def test_curves_begin_and_end_where_they_must(cnn, words):
    some, x = words
    order = rng.random(x[..., :-1].shape)
    full = cnn.probabilities(some.audio)[np.arange(len(x)), some.labels]
    for fill in ("mean", "floor"):
        deleted = curve_of(cnn.network, x, some.labels, order, [0.0, 1.0], test="deletion", fill=fill)
        inserted = curve_of(cnn.network, x, some.labels, order, [0.0, 1.0], test="insertion", fill=fill)
        assert deleted[:, 0] == pytest.approx(full, abs=1e-3)
        assert inserted[:, 1] == pytest.approx(full, abs=1e-3)
        assert deleted[:, 1] == pytest.approx(inserted[:, 0], abs=1e-5)


def test_the_order_of_a_map_counts(cnn, words):
    """Cells that speak for the word, taken away first, hurt more than the same cells taken away last."""
    some, x = words
    heat = saliency_map(cnn.network, x, some.labels)
    shares = [0.05, 0.1, 0.2]
    best, worst = (curve_of(cnn.network, x, some.labels, m, shares).mean() for m in (heat, -heat))
    assert best < worst - 0.2


def test_top_cells_are_so_many():
    order, mask = rng.random((2, 10, 8)), np.ones((2, 10))
    mask[1, 5:] = 0
    chosen = top_cells(order, mask, 0.25)
    assert chosen.sum(axis=(1, 2)).tolist() == [20, 10]
    assert not chosen[1, 5:].any()


def test_random_weights_begin_at_the_end(cnn, words):
    _, x = words
    copy = randomize_layers(cnn.network, 2)
    for name, same in (("conv1", True), ("conv4", True), ("conv5", False), ("logits", False)):
        a, b = (network.get_layer(name).get_weights()[0] for network in (cnn.network, copy))
        assert np.allclose(a, b) == same, name
    assert np.isfinite(as_array(copy(x, training=False))).all()
    weights = dict(
        zip(["gamma", "beta", "mean", "variance"], copy.get_layer("norm5").get_weights(), strict=True)
    )
    assert (weights["gamma"] == 1).all() and (weights["variance"] == 1).all() and not weights["mean"].any()
    a = rng.random((2, 5, 4))
    assert rank_correlation(a, np.exp(a), np.ones((2, 5))) == pytest.approx([1, 1])
    assert rank_correlation(a, -a, np.ones((2, 5))) == pytest.approx([-1, -1])


def test_probes_find_what_is_there_and_nothing_else(cnn, words):
    x = rng.normal(size=(400, 20))
    train = np.arange(400) % 2 == 0
    labels = (x[:, 3] > 0).astype(int)
    by_chance, number, noise = rng.integers(2, size=400), 3 * x[:, 0] + 1, rng.normal(size=400)
    assert (probe(x, labels, train) == labels[~train]).mean() > 0.9
    assert abs((probe(x, by_chance, train) == by_chance[~train]).mean() - 0.5) < 0.12
    assert r2_score(number[~train], probe(x, number, train)) > 0.95
    assert r2_score(noise[~train], probe(x, noise, train)) < 0.1
    assert len(set(random_labels(np.repeat(np.arange(50), 3), 10)[:3])) == 1
    _, frames = words
    found = layer_features(cnn.network, frames, ["input", "pool", "logits"])
    np.testing.assert_allclose(found["pool"], cnn.embeddings(words[0].audio), atol=1e-3)
    other = untrained(cnn.network, frames)
    assert not np.allclose(
        other.get_layer("conv1").get_weights()[0], cnn.network.get_layer("conv1").get_weights()[0]
    )


def test_a_step_to_the_boundary():
    g = rng.normal(size=50)
    step = step_to_boundary(-3.0, g)
    assert -3 + g @ step == pytest.approx(0)
    for _ in range(20):  # any other way to the boundary is longer
        other = rng.normal(size=50)
        other *= 3 / (g @ other)
        assert np.linalg.norm(step) <= np.linalg.norm(other)
    with pytest.raises(ValueError, match="0 everywhere"):
        step_to_boundary(1.0, np.zeros(3))


def test_a_seven_becomes_a_one(cnn):
    test = load_digits().test
    seven = test.audio[int(np.flatnonzero((test.voices == "mv-00") & (test.labels == 7))[0])]
    assert cnn.probabilities([seven]).argmax() == 7
    delta = least_change(logits_of_samples(cnn), seven, 1)
    assert cnn.probabilities([seven + delta]).argmax() == 1
    assert 10 * np.log10(np.sum(seven**2) / np.sum(delta**2)) > 15
    assert not least_change(logits_of_samples(cnn), seven, 7).any()  # nothing to do
    assert not least_change(logits_of_samples(cnn), seven, 1, n_steps=1, largest=1e-5).any()


def test_between_two_digits():
    gan = load_gan()
    z = gan.noise(1, seed=3)
    found = between_digits(gan, z[0], 7, 1, [0.0, 1.0], n_iter=2)
    np.testing.assert_allclose(found, gan.generate([7, 1], z=np.repeat(z, 2, 0), n_iter=2), atol=1e-3)
    assert not np.allclose(between_digits(gan, z[0], 7, 1, [0.0, 0.5], n_iter=2)[1], found[1])


def test_pictures():
    o = text_picture("O", n_rows=65)
    assert o[32, o.shape[1] // 2] == 0 and o.max() == 1  # its hole
    picture = text_picture("HI", n_rows=65)
    (x, near), (_, random) = (picture_to_sound(picture, n_iter=n) for n in (60, 0))
    assert np.abs(x).max() == pytest.approx(0.5) and near > random
    with pytest.raises(ValueError, match="odd"):
        picture_to_sound(np.eye(64))


def test_the_tables_have_what_the_chapter_reads():
    for name, columns in {
        "saliency": {"map", "fill", "test", "area", "at 0.1"},
        "sounding": {"map", "share", "right"},
        "sanity": {"map", "values", "random layers", "correlation"},
        "probes": {"network", "layer", "task", "score"},
        "changes": {"voice", "label", "snr_db", "itself", "MP3", "rnn"},
    }.items():
        rows = list(csv.DictReader((checkpoint_dir() / f"inspect_{name}.csv").open(encoding="utf-8")))
        assert rows and columns <= set(rows[0]), name


def test_mp3_keeps_the_time():
    x = np.float32(load_digits().test.audio[21])
    y = experiments.through_mp3(x, 8000)
    assert len(y) == len(x) and np.corrcoef(x, y)[0, 1] > 0.95
