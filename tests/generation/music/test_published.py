"""The published task: the probabilities of all rolls of a few keys, literal loops, the past alone."""

import itertools

import numpy as np
import pytest

from audio_edu.generation.music import published
from audio_edu.reproducible import set_seed
from audio_edu.training import as_array

rng = np.random.default_rng(0)
FEW = [(rng.random((n, 4)) < 0.4).astype("float32") for n in (5, 7, 6)]


def network(in_turn):
    set_seed(0)
    found = published.RollNetwork(4, 8, in_turn=in_turn)
    found(published.padded(FEW, 8))
    for w in found.trainable_variables:  # far from even
        w.assign(1.5 * w + 0.05)
    return found


@pytest.mark.parametrize("in_turn", [False, True])
def test_all_frames_together_have_probability_one(in_turn):
    frames = np.array(list(itertools.product((0, 1), repeat=4)), "float32")
    past = np.repeat(FEW[0][None], len(frames), axis=0)
    nats = as_array(network(in_turn)(np.concatenate([past, frames[:, None]], axis=1)))
    p = np.exp(-nats[:, -1].astype(float))
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert p.max() > 2 * p.min()
    # keys apart: the table of pairs of the first two keys is a product; in turn it is not
    pairs = np.array([[p[(frames[:, 0] == i) & (frames[:, 1] == j)].sum() for j in (0, 1)] for i in (0, 1)])
    product = np.outer(pairs.sum(axis=1), pairs.sum(axis=0))
    assert np.allclose(pairs, product, atol=1e-5) != in_turn


@pytest.mark.parametrize("in_turn", [False, True])
def test_a_frame_is_told_its_past_alone(in_turn):
    a = published.padded(FEW, 8)
    b = a.copy()
    b[:, 4] = 1 - b[:, 4]
    before, after = (as_array(network(in_turn)(x)) for x in (a, b))
    np.testing.assert_allclose(before[:, :3], after[:, :3], atol=1e-5)
    assert (before[:, 3] != after[:, 3]).all()
    assert (before[0, 4:] == 0).all()  # there is nothing to score after the end


def test_the_means_are_literal_loops():
    found = network(True)
    nats = published.frame_nats(found, FEW)
    assert [len(row) for row in nats] == [5, 7, 6]
    total, n = 0.0, 0
    for roll in FEW:
        alone = as_array(found(np.pad(roll, ((1, 0), (0, 0)))[None]))[0]
        for t in range(1, len(roll)):
            total, n = total + alone[t], n + 1
    assert published.per_frame(nats) == pytest.approx(total / n, abs=1e-4)


def test_counts_are_literal_loops():
    for after in (False, True):
        (nats,) = published.plain_nats(FEW[:1], FEW[1:2], after=after)
        x, y = (np.pad(roll, ((1, 0), (0, 0))) for roll in FEW[:2])
        for t in range(1, len(y)):
            expected = 0.0
            for k in range(4):
                times = [s for s in range(1, len(x)) if not after or x[s - 1, k] == y[t - 1, k]]
                same = sum(x[s, k] == y[t, k] for s in times)
                plus = 1 if after else 2
                expected -= np.log((same + plus) / (len(times) + 2 * plus))
            assert nats[t - 1] == pytest.approx(expected)


def test_notes_from_the_highest_down():
    assert as_array(
        published.notes_of(np.array([[0.0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]]), 3)
    ).tolist() == [
        [3, 1, 4, 4],
        [4, 4, 4, 4],
        [2, 1, 0, 4],
    ]


def test_a_tune_is_known_in_any_key():
    roll = np.eye(8, dtype="float32")[[0, 2, 1, 3, 5]]
    higher, other = np.roll(roll, 2, axis=1), roll[::-1]
    assert published.known_tunes([roll], [higher, other, roll[1:]], n=4) == pytest.approx(2 / 3)
