"""Checkpoints and states: written whole or not at all, read without running code, refused when wrong."""

import json
import os
from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest

from audio_edu import checkpoints
from audio_edu.checkpoints import (
    checkpoint_names,
    checkpoint_path,
    fingerprint,
    load_checkpoint,
    read_arrays,
    restore_state,
    save_checkpoint,
    save_state,
    set_weights,
    write_arrays,
)
from audio_edu.datasets import Corpus


@dataclass(frozen=True)
class Recipe:
    n_steps: int = 3
    seed: int = 1


CORPUS = Corpus("one", (np.ones(3, np.float32),), [0], ("a",), ["v"], ["train"], 8000)


def test_what_is_loaded_is_what_was_saved(tmp_path):
    path = tmp_path / "new" / "thing.npz"
    weights = [np.arange(6.0).reshape(2, 3), np.float32(7)[None], np.array([1, 2])]
    save_checkpoint(path, [*weights, keras.Variable([3.0, 4.0])], {"name": "thing", "seed": 5})
    loaded, card = load_checkpoint(path, kinds=["thing"])
    for a, b in zip(loaded, [*weights, [3.0, 4.0]], strict=True):
        np.testing.assert_array_equal(a, b)
    assert card == {"name": "thing", "seed": 5}
    assert checkpoint_names(path.parent) == ["thing"]
    assert sorted(p.name for p in path.parent.iterdir()) == ["thing.json", "thing.npz"]


def test_more_than_a_hundred_weights_keep_their_order(tmp_path):
    save_checkpoint(tmp_path / "a.npz", [np.full(1, i) for i in range(120)], {})
    assert [int(w[0]) for w in load_checkpoint(tmp_path / "a.npz")[0]] == list(range(120))


def test_a_name_is_a_shipped_file_and_a_path_is_a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    assert checkpoint_path("cnn") == tmp_path / "checkpoints" / "cnn.npz"
    assert checkpoint_path("here/cnn.npz").parts == ("here", "cnn.npz")


def test_missing_damaged_and_foreign_files_are_one_sentence(tmp_path):
    path = tmp_path / "thing.npz"
    with pytest.raises(FileNotFoundError, match=r"thing\.npz is missing.*audio-edu train"):
        load_checkpoint(path)
    save_checkpoint(path, [np.ones(1000)], {"name": "thing"})
    with pytest.raises(ValueError, match="holds a 'thing'; expected other"):
        load_checkpoint(path, kinds=["other"])
    whole = path.read_bytes()
    for damaged in (whole[:100], b"", whole[:60] + b"\0\0\0\0" + whole[64:], b"not a checkpoint"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as arrays"):
            load_checkpoint(path)
    np.savez(path, **{"000": np.array([{"evil": 1}], dtype=object)})
    with pytest.raises(ValueError, match="cannot be read as arrays"):
        load_checkpoint(path)
    path.write_bytes(whole)
    for text in ("{", "[1]"):
        path.with_suffix(".json").write_text(text)
        with pytest.raises(ValueError, match="not the card of a checkpoint"):
            load_checkpoint(path)
    path.with_suffix(".json").unlink()
    with pytest.raises(FileNotFoundError, match=r"thing\.json is missing"):
        load_checkpoint(path)


def test_weights_of_another_network_are_refused():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    kernel, bias = network.get_weights()
    set_weights(network, [kernel + 1, bias], "here")
    np.testing.assert_array_equal(network.get_weights()[0], kernel + 1)
    for wrong in ([kernel], [kernel.T, bias]):
        with pytest.raises(ValueError, match="here does not hold the weights"):
            set_weights(network, wrong, "here")


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "thing.npz"
    save_checkpoint(path, [np.zeros(3)], {"name": "old"})
    with pytest.raises(TypeError):  # this card is not JSON
        save_checkpoint(path, [np.ones(3)], {"name": object()})

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(path, [np.ones(3)], {"name": "new"})
    weights, card = load_checkpoint(path)
    assert card["name"] == "old" and not weights[0].any()
    assert sorted(os.listdir(tmp_path)) == ["thing.json", "thing.npz"]


def test_a_state_comes_back_and_another_trainings_state_is_refused(tmp_path):
    path, identity = tmp_path / "state.npz", fingerprint(Recipe(), CORPUS)
    a, b, c = (keras.Variable(np.full(2, value, np.float32)) for value in (1, 2, 3))
    save_state(path, identity, {"w": [a, b], "o": [c]}, {"step": 4, "losses": [0.5, 0.25]})
    for variable in (a, b, c):
        variable.assign(np.zeros(2, np.float32))
    numbers = restore_state(path, identity, {"w": [a, b], "o": [c]})
    assert [float(v[0]) for v in (a, b, c)] == [1, 2, 3]
    assert int(numbers["step"]) == 4 and numbers["losses"].tolist() == [0.5, 0.25] and len(numbers) == 2
    for recipe, groups in (
        (replace(Recipe(), seed=2), {"w": [a, b], "o": [c]}),
        (Recipe(), {"w": [a, b, c]}),
    ):
        with pytest.raises(ValueError, match="another training"):
            restore_state(path, fingerprint(recipe, CORPUS), groups)


def test_the_fingerprint_depends_on_every_sample_and_label():
    prints = {fingerprint(Recipe(), CORPUS)}
    for audio, label in ((np.array([1, 1, 1.001], np.float32), 0), (np.ones(3, np.float32), 1)):
        other = Corpus("one", (audio,), [label], ("a", "b"), ["v"], ["train"], 8000)
        prints.add(fingerprint(Recipe(), other))
    assert len(prints) == 3


def test_arrays_are_read_as_written(tmp_path):
    for compress in (True, False):
        write_arrays(tmp_path / "a.npz", {"x": np.arange(3), "name": np.array("é")}, compress=compress)
        arrays = read_arrays(tmp_path / "a.npz")
        assert arrays["x"].tolist() == [0, 1, 2] and str(arrays["name"]) == "é"


def test_every_shipped_checkpoint_has_a_card_that_says_how_to_make_it():
    for name in checkpoint_names():
        card = json.loads(checkpoint_path(name).with_suffix(".json").read_text("utf-8"))
        assert card["command"].startswith("audio-edu train ") and card["wall_s"] > 0, name
        assert card["losses"] and card["seed"] == card["recipe"]["seed"], name
        assert checkpoint_path(name).stat().st_size < 15e6, name
    in_all = sum(path.stat().st_size for path in checkpoint_path("cnn").parent.iterdir())
    assert in_all < 40e6
