"""The network: literal code, causality, receptive field, checkpoints."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from wavenets import PREDICTIVE, SMALL, small_wavenet

from audio_edu.generation.wavenet import FAMILY, RECIPES, TINY, WaveNetConfig, load_wavenet
from audio_edu.generation.wavenet.data import word_positions
from audio_edu.generation.wavenet.formulas import causal_convolution, gated_residual
from audio_edu.generation.wavenet.layers import GatedResidual, prediction_features
from audio_edu.generation.wavenet.linear_prediction import AdaptiveAR
from audio_edu.signal import mu_law_decode
from audio_edu.training import as_array, checkpoint_path, load_card, save_checkpoint


@pytest.fixture(scope="module", params=[SMALL, PREDICTIVE], ids=["plain", "predictive"])
def model(request):
    return small_wavenet(request.param)


def logits_of(model, codes, label=1, voice=2, n_word=None):
    return model.logits(codes, [label], [voice], model.positions(codes.shape[1], n_word)[None])


@pytest.mark.parametrize("dilation", [1, 3, 50])
def test_the_causal_convolution_is_that_of_keras(dilation):
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((40, 3)), rng.standard_normal((2, 3, 5))
    layer = keras.layers.Conv1D(5, 2, dilation_rate=dilation, padding="causal", use_bias=False)
    layer.build((None, None, 3))
    layer.set_weights([kernel])
    expected = as_array(layer(x[None].astype(np.float32)))[0]
    np.testing.assert_allclose(causal_convolution(x, kernel, dilation=dilation), expected, atol=1e-5)


@pytest.mark.parametrize(("dilation", "is_last"), [(1, False), (4, False), (4, True)])
def test_the_literal_layer_is_the_keras_layer(dilation, is_last):
    rng = np.random.default_rng(dilation)
    n, n_frames, frame = 4, 3, 10
    layer = GatedResidual(n, dilation, is_last=is_last)
    x = rng.standard_normal((1, n_frames * frame, n)).astype(np.float32)
    condition = rng.standard_normal((1, n_frames, 2 * n)).astype(np.float32)
    new_x, z = (as_array(part)[0] for part in layer(x, condition))
    kernel = as_array(layer.kernel)
    c = np.repeat(condition[0], frame, axis=0)  # each frame's condition holds for all its samples
    R = np.zeros((n, n)) if is_last else as_array(layer.residual)
    b = np.zeros(n) if is_last else as_array(layer.bias)
    by_hand = gated_residual(
        x[0],
        kernel[:, :n].reshape(2, n, n),
        kernel[:, n:].reshape(2, n, n),
        c[:, :n],
        c[:, n:],
        R,
        b,
        dilation=dilation,
    )
    np.testing.assert_allclose(new_x, by_hand[0], atol=1e-5)
    np.testing.assert_allclose(z, by_hand[1], atol=1e-5)


def test_a_change_reaches_the_receptive_field_and_not_one_sample_more():
    model = small_wavenet()
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 256, (1, 100))
    at, field = 40, SMALL.receptive_field
    assert field == 3 + 2 * (1 + 2 + 4 + 8)
    before = logits_of(model, codes)
    codes[0, at] = 255 - codes[0, at]
    change = np.abs(logits_of(model, codes) - before)[0].max(axis=1)
    touched = np.flatnonzero(change > 0)
    # the table of the sample itself does not know it; the next one does
    assert touched[0] == at + 1
    assert touched[-1] == at + field
    assert set(touched) == set(range(at + 1, at + field + 1))


def test_the_prediction_is_causal_and_the_far_past_is_forgotten():
    model = small_wavenet(PREDICTIVE)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 256, (1, 2400))
    before = logits_of(model, codes)
    codes[0, 100] = 255 - codes[0, 100]
    change = np.abs(logits_of(model, codes) - before)[0].max(axis=1)
    assert not change[:101].any()
    assert change[101] > 1e-3
    # the stack sees 33 samples; the predictor's memory fades by 0.98 a sample
    assert change[100 + PREDICTIVE.receptive_field + 1 :].max() > 0
    assert change[100 + 2062 :].max() < 1e-4


def test_the_predicted_distribution_multiplies_that_of_the_network():
    """l_k = net_k − softplus(trust) · min(|v_k − mean| / scale, 30), in NumPy."""
    model = small_wavenet(PREDICTIVE)
    codes = np.random.default_rng(5).integers(0, 256, (1, 60))
    logits = logits_of(model, codes)[0]
    mean, scale = AdaptiveAR(4).predict(codes[0]).astype(np.float32).T
    error = np.minimum(np.abs(mu_law_decode(np.arange(256)) - mean[:, None]) / scale[:, None], 30)
    out = model.network.last
    out.trust.kernel.assign(0 * out.trust.kernel)
    out.trust.bias.assign([-100])  # no trust at all
    network = logits_of(model, codes)[0]
    out.trust.bias.assign([1])
    np.testing.assert_allclose(logits_of(model, codes)[0], network - np.log1p(np.e) * error, atol=1e-3)
    assert np.abs(logits - network).max() > 1


def test_features_of_the_prediction_are_companded_as_the_samples():
    mean = np.array([-1.0, -0.01, 0.0, 0.5, 1.0], np.float32)
    features = prediction_features(np.stack([mean, np.full(5, np.exp(-6), np.float32)], axis=1)[None])
    companded = np.sign(mean) * np.log(1 + 255 * np.abs(mean)) / np.log(256)
    features = as_array(features)
    np.testing.assert_allclose(features[0, :, 0], companded, atol=1e-6)
    np.testing.assert_allclose(features[0, :, 1], 0, atol=1e-6)


def test_the_receptive_field_of_the_default():
    assert WaveNetConfig().receptive_field == 16 + 2 * 1023
    assert WaveNetConfig().dilations == tuple(2**i for i in range(10)) * 2


def test_digit_voice_and_length_change_the_logits(model):
    codes = np.random.default_rng(2).integers(0, 256, (1, 60))
    base = logits_of(model, codes)
    for other in (
        logits_of(model, codes, label=0),
        logits_of(model, codes, voice=0),
        logits_of(model, codes, n_word=50),
    ):
        assert np.abs(other - base).max() > 1e-3


def test_nothing_is_normalized_over_clips(model):
    codes = np.random.default_rng(3).integers(0, 256, (3, 60)).astype(np.int32)
    label, voice = np.array([0, 1, 2], np.int32), np.array([0, 1, 2], np.int32)
    position = np.stack([model.positions(60, n) for n in (None, 40, 60)])
    together = model.logits(codes, label, voice, position)
    alone = model.logits(codes[1:2], label[1:2], voice[1:2], position[1:2])
    np.testing.assert_allclose(together[1:2], alone, atol=1e-4)
    assert not {path for path in model.weights if "norm" in path or "moving" in path or "recurrent" in path}


def test_positions_go_through_the_word_and_then_stay_behind_it():
    config = WaveNetConfig(frame_length=20, n_positions=5)
    positions = word_positions(400, 200, config)
    assert positions.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5] + [6] * 10
    assert word_positions(390, None, config).tolist() == [0] * 20


def test_a_checkpoint_comes_back(tmp_path, model):
    model.arrays["word_lengths"][:] = np.arange(9).reshape(3, 3) + 1000
    path = tmp_path / "mine.npz"
    save_checkpoint(path, FAMILY, model, {"name": "mine", "command": "test"})
    loaded = load_wavenet(path)
    codes = np.random.default_rng(4).integers(0, 256, (1, 60))
    np.testing.assert_array_equal(logits_of(model, codes), logits_of(loaded, codes))
    assert loaded.word_length(2, "anna") == 1007
    assert loaded.arrays["word_lengths"].dtype == np.int32
    assert loaded.voice_names == ("anna", "bert") and loaded.card["command"] == "test"


def test_a_config_without_channels_is_refused():
    with pytest.raises(ValueError, match="n_residual is 0"):
        WaveNetConfig(n_residual=0)
    with pytest.raises(ValueError, match="ar_order is -1"):
        WaveNetConfig(ar_order=-1)


@pytest.mark.parametrize(
    ("x", "kernel", "dilation"),
    [
        (np.zeros(5), np.zeros((2, 1, 1)), 1),
        (np.zeros((5, 2)), np.zeros((2, 1, 1)), 1),
        (np.zeros((5, 1)), np.zeros((2, 1, 1)), 0),
    ],
)
def test_shapes_that_do_not_fit(x, kernel, dilation):
    with pytest.raises(ValueError, match=r"shape|dilation"):
        causal_convolution(x, kernel, dilation=dilation)


@pytest.mark.parametrize("name", RECIPES)
def test_the_shipped_networks(name):
    model, card = load_wavenet(name), load_card(name)
    assert model.recipe == RECIPES[name]
    assert card["n_steps"] == model.recipe.n_steps
    assert len(model.voice_names) == 130
    assert model.n_parameters == card["n_parameters"]
    assert 1000 < model.arrays["word_lengths"].min() < model.arrays["word_lengths"].max() < 8000
    bits = card["metrics"]["bits_per_sample"]
    assert bits["wavenet"] < bits["adaptive_ar16"]
    # the curve is in nats, of training clips; it ends near what the unseen ones cost
    assert abs(card["curve"]["loss"][-1] / np.log(2) - bits["wavenet"]) < 0.5
    assert checkpoint_path(name).stat().st_size < 15e6


def test_recipes_say_what_is_wrong():
    with pytest.raises(ValueError, match="n_warmup is 0"):
        replace(TINY, n_warmup=0)
