"""The codec: its parts against each other and against the loop, its files, and the command line."""

import json
import math

import keras
import numpy as np
import pytest

from audio_edu import cli, metrics
from audio_edu.applications import codec
from audio_edu.applications.codec import formulas
from audio_edu.applications.codec.coding import BLOCK, Codec
from audio_edu.applications.codec.data import Batches
from audio_edu.applications.codec.evaluate import evaluate
from audio_edu.applications.codec.family import FAMILY
from audio_edu.applications.codec.layers import ResidualQuantizer
from audio_edu.datasets.speech import load_speech, passages
from audio_edu.layers.spectra import inverse_spectrum, spectral_loss, spectrum
from audio_edu.signal import load_audio, save_audio
from audio_edu.training import save_checkpoint

RATE = 8000
rng = np.random.default_rng(0)


def speechlike(n):
    t = np.arange(n) / RATE
    x = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20))
    return (0.05 * x * (1.2 + np.sin(2 * np.pi * 3 * t))).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    model = FAMILY.build(FAMILY.tiny, {"sample_rate": RATE})
    books = np.random.default_rng(1).normal(0, 0.5, (3, 8, 4))
    model.network.quantizer.codebooks.assign(books.astype("float32"))
    return model


# --- formulas ---


def test_what_is_packed_is_read_again_at_the_price_of_the_entropy():
    counts = np.array([900, 60, 30, 9, 1, 0])
    widths = codec.whole_frequencies(counts)
    assert widths.sum() == formulas.TOTAL and widths.min() >= 1
    ends = np.append(0, np.cumsum(widths)).tolist()
    symbols = rng.choice(6, 5000, p=counts / counts.sum())
    data = codec.ans_encode([ends[s] for s in symbols], [int(widths[s]) for s in symbols])
    reader = codec.AnsReader(data)
    assert [reader.symbol(ends) for _ in symbols] == symbols.tolist() and reader.is_done()
    cost = np.log2(formulas.TOTAL / widths[symbols]).sum()
    assert cost < 8 * len(data) < 1.01 * cost + 48
    assert cost / len(symbols) == pytest.approx(codec.entropy_bits(np.bincount(symbols)), rel=0.03)


def test_one_symbol_may_own_nearly_all():
    widths = codec.whole_frequencies(np.array([1.0, 0.0]))
    assert widths.tolist() == [formulas.TOTAL - 1, 1]
    assert len(codec.ans_encode([0] * 1000, [int(widths[0])] * 1000)) == 4


def test_data_that_end_too_early_are_an_error():
    ends = [0, 1, formulas.TOTAL]
    data = codec.ans_encode([0] * 9, [1] * 9)
    reader = codec.AnsReader(data[:-2])
    with pytest.raises(ValueError, match="end before"):
        for _ in range(9):
            reader.symbol(ends)
    with pytest.raises(ValueError, match="bytes"):
        codec.AnsReader(b"abc")


def test_entropy_by_hand():
    assert codec.entropy_bits(np.array([1, 1])) == 1
    assert codec.entropy_bits(np.array([5, 0])) == 0
    assert codec.entropy_bits(np.arange(1, 9)) == pytest.approx(
        -sum(k / 36 * math.log2(k / 36) for k in range(1, 9))
    )


def test_the_layer_is_the_loop():
    layer = ResidualQuantizer(4, 16, 0.99, 0.03)
    z = rng.normal(size=(2, 9, 5)).astype("float32")
    layer.build(z.shape)
    layer.codebooks.assign(rng.normal(size=(4, 16, 5)).astype("float32"))
    quantized, codes, _, _ = layer(z, np.full((2, 9), 4))
    by_hand, sums = codec.quantize_residual(z.reshape(-1, 5), np.asarray(layer.codebooks))
    np.testing.assert_array_equal(np.asarray(codes).reshape(-1, 4), by_hand)
    np.testing.assert_allclose(np.asarray(quantized).reshape(-1, 5), sums, atol=1e-5)
    fewer, _, _, _ = layer(z, np.full((2, 9), 2))
    _, of_two = codec.quantize_residual(z.reshape(-1, 5), np.asarray(layer.codebooks)[:2])
    np.testing.assert_allclose(np.asarray(fewer).reshape(-1, 5), of_two, atol=1e-5)


def test_codes_move_to_the_means_of_what_chooses_them():
    layer = ResidualQuantizer(1, 2, 0.5, 0.0)
    z = np.array([[[0.0], [1.0], [10.0], [12.0]]], np.float32)
    layer.build(z.shape)
    layer.codebooks.assign(np.array([[[0.4], [11.0]]], np.float32))
    layer.counts.assign(np.ones((1, 2), np.float32))
    for _ in range(20):
        layer(z, np.ones((1, 4)), np.zeros((1, 2), np.int32))
    np.testing.assert_allclose(np.asarray(layer.codebooks)[0, :, 0], [0.5, 11.0], atol=1e-4)


def test_dead_codes_are_replaced_by_vectors_of_the_batch():
    layer = ResidualQuantizer(1, 3, 0.9, 0.1)
    z = np.array([[[0.0], [1.0], [5.0], [7.0]]], np.float32)
    layer.build(z.shape)
    layer.codebooks.assign(np.array([[[0.0], [6.0], [900.0]]], np.float32))
    layer.counts.assign(np.array([[2.0, 2.0, 0.0]], np.float32))
    layer(z, np.ones((1, 4)), np.array([[0, 0, 3]], np.int32))
    assert 6.5 < float(np.asarray(layer.codebooks)[0, 2, 0]) <= 7.0


def test_a_spectrum_and_back():
    x = rng.normal(0, 0.1, (2, 2048)).astype("float32")
    y = np.asarray(inverse_spectrum(*spectrum(x, 256)))
    np.testing.assert_allclose(x, y, atol=1e-5)
    assert float(spectral_loss(x, x, RATE)) == 0
    assert float(spectral_loss(x, 0.5 * x, RATE)) > 0.2


def test_quiet_moments_get_fewer_stages():
    x = np.concatenate([rng.normal(size=1280), 0.001 * rng.normal(size=1280)])
    levels = formulas.vector_levels(x)
    assert levels.max() == 0 and levels[-1] == pytest.approx(-60, abs=4)
    found = formulas.depths(levels, 8.0, 6.0, 12)
    assert found[:8].min() == 8 and found[-1] == 1


# --- the model and its files ---


def test_si_sdr():
    x = rng.normal(size=4000)
    noise = rng.normal(size=4000)
    noise -= noise @ x / (x @ x) * x
    noise *= np.linalg.norm(x) / np.linalg.norm(noise) / 10
    assert metrics.si_sdr_db(x, -3 * (x + noise)) == pytest.approx(20, abs=1e-6)
    with pytest.raises(ValueError, match="silent"):
        metrics.si_sdr_db(np.zeros(5), x[:5])


@pytest.mark.parametrize("n", [1, 127, 128, 5000])
def test_a_file_gives_as_many_samples_as_went_in(model, n):
    x = speechlike(n)
    for n_stages in (1, 3):
        data = model.encode(x, n_stages=n_stages)
        y = model.decode(data)
        assert y.shape == x.shape and y.dtype == np.float32 and np.isfinite(y).all()
        n_samples, _, codes = model.read(data)
        assert n_samples == n and codes.shape == (-(-n // 128), n_stages)


def test_counted_frequencies_make_files_smaller_and_nothing_else(model):
    x = speechlike(30000)
    fresh = FAMILY.build(FAMILY.tiny, {"sample_rate": RATE})
    for name, weight in fresh.weights.items():
        weight.assign(model.weights[name])
    fresh.count([x, speechlike(8000)])
    plain, counted = model.encode(x), fresh.encode(x)
    assert len(counted) < len(plain)
    np.testing.assert_array_equal(model.decode(plain), fresh.decode(counted))
    assert (fresh.arrays["frequencies"].astype(int).sum(axis=2) == formulas.TOTAL).all()
    with pytest.raises(ValueError, match="another checkpoint"):
        model.decode(counted)


def test_blocks_have_no_seams(model):
    n = 128 * (2 * BLOCK + 100)
    x = speechlike(n)
    whole = np.asarray(model.network.encode(x[None]))[0]
    np.testing.assert_allclose(model.vectors(x), whole, atol=1e-4)
    sound = np.asarray(model.network.decode(whole[None]))[0]
    np.testing.assert_allclose(model.sound(whole), sound, atol=1e-4)


def test_the_level_comes_back(model):
    x = speechlike(8000)
    loud, quiet = (model.decode(model.encode(gain * x)) for gain in (1.0, 0.01))
    np.testing.assert_allclose(quiet, 0.01 * loud, atol=2e-4)
    assert np.abs(model.decode(model.encode(np.zeros(4000)))).max() < 1e-3


def test_no_more_bits_than_asked_for(model):
    x = speechlike(40000)
    sizes = [8 * len(model.encode(x, kbps=kbps)) / 5 / 1000 for kbps in (0.25, 0.45, 0.65)]
    assert sizes[0] <= 0.25 and sizes[1] <= 0.45 and sizes[2] <= 0.65 and sizes == sorted(set(sizes))
    assert model.encode(x, kbps=0.01) == model.encode(x, n_stages=1)


def test_foreign_damaged_and_cut_files_are_refused(model):
    data = model.encode(speechlike(4000))
    for wrong, complaint in (
        (b"", "no file of a codec"),
        (b"RIFF" + data, "no file of a codec"),
        (data[:9], "cut short"),
        (data[:-2], "checksum"),
        (data + b"\0\0", "checksum"),
        (data[:2] + b"\7" + data[3:], "version 7"),
    ):
        with pytest.raises(ValueError, match=complaint):
            model.decode(wrong)
    for i in range(3, len(data), 5):
        with pytest.raises(ValueError, match="checksum"):
            model.decode(data[:i] + bytes([data[i] ^ 16]) + data[i + 1 :])
    with pytest.raises(TypeError, match="bytes"):
        model.decode("HM")
    with pytest.raises(ValueError, match="n_stages"):
        model.encode(speechlike(400), n_stages=4)
    with pytest.raises(ValueError, match="kbps"):
        model.encode(speechlike(400), kbps=0.0)


def test_batches_are_a_pure_function_of_the_step():
    from tones import tones

    batches = Batches(FAMILY.tiny, tones())
    for one, two in zip(batches(3), batches(3), strict=True):
        np.testing.assert_array_equal(one, two)
    x, depth, draws = batches(4)
    assert x.shape == (2, 1024) and depth.shape == (2, 8) and draws.shape == (3, 8)
    assert not np.array_equal(x, batches(3)[0])


def test_gradients_pass_straight_through(model):
    """The decoder's gradient reaches the encoder as if nothing had been rounded."""
    kernel = model.network.encoder.get_layer("encoder_out").kernel
    before = keras.ops.convert_to_numpy(kernel).copy()
    trained = Codec(FAMILY.tiny, {"sample_rate": RATE})
    trained.network.encoder.get_layer("encoder_out").kernel.assign(before)
    from tones import tones

    trained.train_on_batch(*Batches(FAMILY.tiny, tones())(0))
    assert not np.array_equal(np.asarray(trained.network.encoder.get_layer("encoder_out").kernel), before)


def test_passages_are_long_enough_and_lose_nothing():
    clips = [np.full(n, i, float) for i, n in enumerate((5000, 5000, 5000, 13000, 100))]
    found = passages(clips, RATE)
    assert [len(p) for p in found] == [15000, 13100]
    assert passages(clips[:1], RATE)[0].size == 5000 and passages([], RATE) == []


def test_evaluate_says_bits_and_distances(model):
    from tones import tones

    report = evaluate(model, tones())
    assert report["n_voices"] == 1 and report["voices_3"]["kbps"] > 0
    assert {"spectral_loss", "si_sdr_db"} <= set(report["voices_3"])


# --- the command line ---


@pytest.fixture
def checkpoint(tmp_path, model):
    path = tmp_path / "tiny.npz"
    save_checkpoint(path, FAMILY, model, {"name": "tiny"})
    return str(path)


def test_encode_and_decode_files(tmp_path, capsys, checkpoint):
    sound, small, back = (str(tmp_path / name) for name in ("in.wav", "out.hm", "back.wav"))
    save_audio(sound, np.stack([speechlike(48000)] * 2), 16000)
    assert cli.main(["encode", sound, small, "--kbps", "0.7", "--checkpoint", checkpoint, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["seconds"] == 3.0 and said["kbps"] <= 0.7
    assert said["bytes"] == (tmp_path / "out.hm").stat().st_size
    assert cli.main(["decode", small, back, "--checkpoint", checkpoint]) == 0
    assert "3.00 s at 8000 Hz" in capsys.readouterr().out
    assert load_audio(back)[0].shape == (24000,)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["encode", "in.wav", "out.txt"], "ends in .hm"),
        (["encode", "none.wav", "out.hm"], "there is no file"),
        (["encode", "in.wav", "none/out.hm"], "there is no folder"),
        (["encode", "in.wav", "out.hm", "--kbps", "0"], "--kbps is 0"),
        (["decode", "none.hm", "back.wav"], "there is no file"),
        (["decode", "in.wav", "back.wav"], "does not begin with HM"),
        (["decode", "in.wav", "back.txt"], "ends in .wav"),
        (["decode", ".", "back.wav"], "is no regular file"),
    ],
)
def test_what_is_wrong_with_files_is_one_sentence(
    tmp_path, capsys, monkeypatch, checkpoint, words, complaint
):
    monkeypatch.chdir(tmp_path)
    save_audio(tmp_path / "in.wav", speechlike(4000), RATE)
    assert cli.main([*words, "--checkpoint", checkpoint]) == 1
    error = capsys.readouterr().err
    assert complaint in error and error.startswith("audio-edu: ") and "Traceback" not in error


# --- what ships ---


def test_the_shipped_codec_keeps_its_promise():
    from audio_edu.applications.codec.evaluate import distance

    model = codec.load_codec()
    assert model.n_parameters <= 3_000_000
    x = load_speech().test.audio[3][:24000]
    found = [distance(x, model.decode(model.encode(x, n_stages=n)), RATE) for n in (2, 6, 12)]
    assert found[0] > found[1] > found[2] and found[2] < 0.6
    for kbps in (3, 6):
        assert 8 * len(model.encode(x, kbps=kbps)) / (len(x) / RATE) <= 1000 * kbps
