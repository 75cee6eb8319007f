"""Tags of clips and of frames: the formulas, the network's shapes, events, and the command line."""

import json

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from audio_edu import cli, metrics
from audio_edu.datasets.scenes import TAG_NAMES
from audio_edu.layers import sigmoid
from audio_edu.recognition import tagging
from audio_edu.recognition.tagging.family import FAMILY
from audio_edu.recognition.tagging.recognize import pieces
from audio_edu.signal import save_audio
from audio_edu.training import save_checkpoint

RATE = 16000
FACTS = {"label_names": list(TAG_NAMES), "sample_rate": RATE}
rng = np.random.default_rng(0)


def test_binary_cross_entropy_is_keras_and_does_not_overflow():
    z, y = rng.normal(0, 4, (5, 7)), (rng.random((5, 7)) < 0.3).astype(float)
    by_keras = keras.losses.BinaryCrossentropy(from_logits=True)(y, z.astype("float32"))
    assert tagging.binary_cross_entropy(z, y) == pytest.approx(float(by_keras), rel=1e-5)
    assert tagging.binary_cross_entropy(np.array([-1e4]), np.array([1.0])) == 1e4


def test_attention_pooling_is_the_layers():
    x = rng.normal(size=(1, 9, 6)).astype("float32")
    layer = tagging.TagPooling(4)
    clip, p, a = (np.asarray(part)[0] for part in layer(x))
    z, v = (x[0] @ np.asarray(d.kernel) + np.asarray(d.bias) for d in (layer.present, layer.look))
    P, weights = tagging.attention_pooling(z, v)
    np.testing.assert_allclose(clip, P, atol=1e-5)
    np.testing.assert_allclose(p, sigmoid(z), atol=1e-5)
    np.testing.assert_allclose(a, weights, atol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize(("kind", "expected"), [("mean", np.mean), ("max", np.max)])
def test_other_poolings_are_what_they_are_called(kind, expected):
    layer = tagging.TagPooling(4, kind)
    clip, p, a = (np.asarray(part) for part in layer(rng.normal(size=(2, 9, 6)).astype("float32")))
    np.testing.assert_allclose(clip, expected(p, axis=1), atol=1e-5)
    np.testing.assert_allclose(a.sum(axis=1), 1, atol=1e-5)


def test_the_network_fits_its_budget_and_any_length():
    recipe = FAMILY.recipes["tagging"]
    model = FAMILY.build(recipe, FACTS)
    assert model.n_parameters <= 500_000
    for n_samples in (100, 4 * RATE, 5 * RATE + 77):
        P, p, a = model.inside(0.1 * rng.standard_normal(n_samples))
        assert P.shape == (len(TAG_NAMES),) and p.shape == a.shape
        assert abs(len(p) * model.frame_s - n_samples / RATE) < 0.2
        np.testing.assert_allclose((a * p).sum(axis=0), P, atol=1e-5)


class Heard(tagging.Tagger):
    """A tagger that hears a bird whenever the sound is loud."""

    def __init__(self):
        super().__init__(FAMILY.tiny, FACTS, FAMILY.build(FAMILY.tiny, FACTS).network)

    def inside(self, x):
        hop = round(self.frame_s * RATE)
        loud = np.abs(np.pad(x, (0, -len(x) % hop))).reshape(-1, hop).max(axis=1) > 0.5
        p = np.zeros((len(loud), len(TAG_NAMES)))
        p[:, TAG_NAMES.index("bird")] = 0.9 * loud
        return p.max(axis=0), p, np.full_like(p, 1 / len(p))


def test_events_of_a_long_recording_keep_their_times():
    x = np.zeros(11 * RATE)
    for start, end in ((0.8, 1.6), (3.2, 5.6), (9.6, 10.4)):
        x[int(start * RATE) : int(end * RATE)] = 1
    events = Heard().events(x)
    assert [event.tag for event in events] == ["bird"] * 3
    found = [(event.start_s, event.end_s) for event in events]
    np.testing.assert_allclose(found, [(0.8, 1.6), (3.2, 5.6), (9.6, 10.4)], atol=0.081)
    assert Heard().tags(x) == {"bird": pytest.approx(0.9)}
    assert tagging.as_tags(events)["bird"] == found


def test_silence_has_no_events_and_pieces_cover_all():
    assert Heard().events(np.zeros(RATE)) == [] and Heard().tags(np.zeros(RATE)) == {}
    for n in (1, 100, 101, 150, 1000):
        spans = pieces(n, 100, 10)
        covered = np.zeros(n, bool)
        for start, end in spans:
            covered[start:end] = True
        assert covered.all() and all(start % 10 == 0 for start, _ in spans)


def test_short_pauses_are_filled_and_short_events_left_out():
    on = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0, 1])
    assert tagging.runs(on, 0.25) == [(0.0, 1.25)]
    assert tagging.runs(np.zeros(5), 0.1) == []


def test_landmarks_move_with_the_sound():
    x = rng.standard_normal(3 * RATE) * np.repeat(rng.random(300), 160)
    shift = 512  # one frame of 32 ms
    a, b = tagging.landmarks(x, RATE), tagging.landmarks(np.concatenate([np.zeros(20 * shift), x]), RATE)
    same = {tuple(row[:3]) for row in a} & {tuple(row[:3]) for row in b}
    assert len(same) > 0.7 * len({tuple(row[:3]) for row in a})


def test_scores_are_scikit_learns():
    y, s = rng.random(200) < 0.1, rng.random(200)
    assert metrics.average_precision(y, s) == pytest.approx(average_precision_score(y, s))
    assert metrics.roc_auc(y, s) == pytest.approx(roc_auc_score(y, s))
    with pytest.raises(ValueError, match="no clip with the tag"):
        metrics.average_precision(np.zeros(3), np.ones(3))
    with pytest.raises(ValueError, match="of one kind"):
        metrics.roc_auc(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="scores has shape"):
        metrics.roc_auc(np.ones(3), np.ones(4))


def test_an_event_counts_once():
    true = [[(0.0, 1.0, "bird"), (2.0, 3.0, "bird")]]
    twice = [[(0.05, 1.0, "bird"), (0.1, 1.1, "bird"), (2.0, 3.0, "rain")]]
    scores = metrics.event_scores(true, twice)
    assert (scores["precision"], scores["recall"]) == (pytest.approx(1 / 3), 0.5)
    late = [[(0.3, 1.0, "bird")]]
    assert metrics.event_scores(true, late)["f_score"] == 0
    assert metrics.event_scores(true, late, within_s=0.31)["f_score"] == pytest.approx(2 / 3)
    assert metrics.event_scores([[]], [[]])["f_score"] == 0


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint of the tiny recipe, untrained."""
    path = tmp_path / "tiny.npz"
    save_checkpoint(path, FAMILY, FAMILY.build(FAMILY.tiny, FACTS), {"name": "tiny"})
    return str(path)


def test_tag_writes_a_line_for_each_file(tmp_path, capsys, checkpoint, monkeypatch):
    monkeypatch.setattr(tagging.recognize, "THRESHOLD", 0.0)
    paths = [str(tmp_path / name) for name in ("a.wav", "bad.wav", "c.flac")]
    save_audio(paths[0], 0.1 * np.sin(np.arange(2 * RATE) / 5), RATE)
    save_audio(paths[2], 0.1 * np.sin(np.arange(9000) / 5), 8000)
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    assert cli.main(["tag", *paths, "--checkpoint", checkpoint, "--json"]) == 0
    said = capsys.readouterr()
    first, second = map(json.loads, said.out.splitlines())
    assert (first["file"], second["file"]) == (paths[0], paths[2])
    for row in (first, second):
        assert set(row) == {"file", "tags", "events"} and set(row["tags"]) <= set(TAG_NAMES)
    assert "passed over" in said.err and "bad.wav" in said.err and "Traceback" not in said.err
    assert cli.main(["tag", paths[0], "--checkpoint", checkpoint]) == 0
    assert capsys.readouterr().out.startswith(f"{paths[0]}: ")
    assert cli.main(["tag", str(tmp_path / "none.wav"), "--checkpoint", checkpoint]) == 1
