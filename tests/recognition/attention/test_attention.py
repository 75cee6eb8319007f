import keras
import numpy as np
import pytest

from audio_edu.recognition.attention import (
    AttentionPooling,
    SelfAttention,
    attention,
    attention_weights,
    build_attention,
    positions,
)

RNG = np.random.default_rng(0)


def test_attention_is_keras_attention():
    q, k, v = (RNG.standard_normal((2, n, 4)).astype(np.float32) for n in (3, 5, 5))
    mask = np.array([[True] * 5, [True, True, False, True, False]])
    y, a = attention(q, k, v, mask=mask)
    expected, weights = keras.layers.Attention()(
        [q / 2, v, k], mask=[None, mask], return_attention_scores=True
    )
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(a, weights, atol=1e-6)
    np.testing.assert_allclose(a.sum(-1), 1, atol=1e-6)
    assert (a[1][:, [2, 4]] == 0).all()


def test_attention_of_one_query_is_the_documents_sum():
    q, x = RNG.standard_normal(4), RNG.standard_normal((6, 4))
    y, a = attention(q, x, x, scale=1.0)
    e = [np.exp(sum(q[i] * x[t, i] for i in range(4))) for t in range(6)]
    np.testing.assert_allclose(a, [v / sum(e) for v in e])
    np.testing.assert_allclose(y, sum(a[t] * x[t] for t in range(6)))


def test_attention_knows_no_order():
    q, k, v = RNG.standard_normal(4), RNG.standard_normal((6, 4)), RNG.standard_normal((6, 2))
    order = RNG.permutation(6)
    np.testing.assert_allclose(attention(q, k, v)[0], attention(q, k[order], v[order])[0])
    p = positions(6, 4)
    assert not np.allclose(attention(q, k + p, v)[0], attention(q, k[order] + p, v[order])[0])


def test_attention_says_what_does_not_fit():
    with pytest.raises(ValueError, match="same n_frames"):
        attention(np.ones(2), np.ones((3, 2)), np.ones((4, 2)))
    with pytest.raises(ValueError, match="same d"):
        attention(np.ones(3), np.ones((3, 2)), np.ones((3, 2)))


@pytest.mark.parametrize("n_heads", [1, 3])
def test_self_attention_is_keras_multi_head_attention(n_heads):
    x = RNG.standard_normal((2, 5, 6)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    reference = keras.layers.MultiHeadAttention(n_heads, 4, bias_initializer="normal")
    expected, scores = reference(x, x, attention_mask=mask[:, None, :], return_attention_scores=True)
    ours = SelfAttention(n_heads, 4)
    ours(x)
    ours.from_keras(reference)
    y, a = ours(x, mask, return_weights=True)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(a, scores, atol=1e-5)


def test_self_attention_with_one_head_is_the_numpy_formula():
    x = RNG.standard_normal((1, 5, 6)).astype(np.float32)
    layer = SelfAttention(1, 4)
    y, a = layer(x, return_weights=True)
    w = {v.name: keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(v)) for v in layer.weights}
    q, k, v = (x[0] @ w[f"W_{n}"] + w[f"b_{n}"] for n in "qkv")
    expected, weights = attention(q, k, v)
    np.testing.assert_allclose(y[0], expected @ w["W_o"] + w["b_o"], atol=1e-5)
    np.testing.assert_allclose(a[0, 0], weights, atol=1e-6)


def test_pooling_gives_masked_frames_no_weight():
    x = RNG.standard_normal((2, 5, 4)).astype(np.float32)
    y, a = AttentionPooling()(x, np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]), return_weights=True)
    assert np.array(a)[0, 2:].max() < 1e-9
    np.testing.assert_allclose(np.array(a).sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(y, np.einsum("bt,btd->bd", a, x), atol=1e-5)


def test_positions_are_distinct_and_bounded():
    p = positions(100, 16)
    assert np.abs(p).max() <= 1
    assert np.linalg.norm(p[:, None] - p[None], axis=-1)[~np.eye(100, dtype=bool)].min() > 0.1
    with pytest.raises(ValueError, match="even"):
        positions(3, 5)


def test_attention_network_is_blind_to_the_filling_and_gives_its_weights():
    keras.utils.set_random_seed(0)
    network = build_attention(d=16, n_heads=2)
    x = np.zeros((1, 101, 41), np.float32)
    x[0, :40, :-1] = RNG.standard_normal((40, 40))
    x[0, :40, -1] = 1
    weights = attention_weights(network, x)
    assert set(weights) == {"attend1", "attend2", "pool"}
    for a in weights.values():
        np.testing.assert_allclose(a.sum(-1), 1, atol=1e-5)
        assert a[..., 20:].max() < 1e-6
    with pytest.raises(ValueError, match="multiple"):
        build_attention(d=18, n_heads=4)
