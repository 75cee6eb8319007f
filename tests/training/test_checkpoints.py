"""Checkpoints: weights by name, a card that fits, written whole or not at all, read without running code."""

import json
import os
import zipfile

import numpy as np
import pytest
from small import NAMES, numbers, small

from audio_edu.families import CHECKPOINTS, family_of, load_model
from audio_edu.training import (
    checkpoint_dir,
    checkpoint_path,
    files,
    from_json,
    load_card,
    load_checkpoint,
    save_checkpoint,
)
from audio_edu.training.checkpoints import checkpoint_names, digest

CNN = CHECKPOINTS["cnn"].family()


@pytest.fixture
def model():
    return CNN.build(CNN.tiny, {"label_names": ["a", "b"], "sample_rate": 8000})


@pytest.mark.parametrize("name", NAMES)
def test_what_is_loaded_is_what_was_saved(tmp_path, name, monkeypatch):
    family, recipe, corpus = small(name)
    monkeypatch.setattr(family, "stored_as", "float32", raising=False)
    model = family.build(recipe, family.facts(recipe, corpus))
    path = tmp_path / "new" / "mine.npz"
    save_checkpoint(path, family, model, {"name": "mine", "seed": 5})
    loaded = load_checkpoint(family, path)
    np.testing.assert_array_equal(numbers(model), numbers(loaded))
    assert loaded.recipe == recipe and loaded.card["seed"] == 5 and loaded.card["family"] == family.package
    assert family_of(path) is family
    assert sorted(p.name for p in path.parent.iterdir()) == ["mine.json", "mine.npz"]


def test_arrays_are_named_by_what_they_are(tmp_path, model):
    save_checkpoint(tmp_path / "a.npz", CNN, model, {"name": "a"})
    names = set(files.read_arrays(tmp_path / "a.npz"))
    assert {"network/conv1/kernel", "network/norm1/moving_mean", "network/logits/bias"} <= names
    assert not any("seed" in name or "dropout" in name for name in names)


def test_half_precision_on_disk_is_single_precision_in_use(tmp_path, model, monkeypatch):
    save_checkpoint(tmp_path / "a.npz", CNN, model, {"name": "a"})
    monkeypatch.setattr(CNN, "stored_as", "float16", raising=False)
    save_checkpoint(tmp_path / "b.npz", CNN, model, {"name": "b"})
    half = load_checkpoint(CNN, tmp_path / "b.npz")
    assert half.weights["network/conv1/kernel"].dtype == "float32"
    np.testing.assert_allclose(numbers(half), numbers(model), rtol=1e-3, atol=1e-6)
    assert (tmp_path / "b.npz").stat().st_size < 0.8 * (tmp_path / "a.npz").stat().st_size


def test_a_name_is_a_shipped_file_and_a_path_is_a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIO_EDU_DATA", str(tmp_path))
    assert checkpoint_path("cnn") == tmp_path / "checkpoints" / "cnn.npz"
    assert checkpoint_path("here/cnn.npz").parts == ("here", "cnn.npz")


def signed(path, card):
    """Write a card whose digest is right, whatever else is wrong."""
    path.with_suffix(".json").write_text(json.dumps({**card, "digest": digest(path, card)}))


def test_missing_damaged_and_foreign_files_are_one_sentence(tmp_path, model):
    path = tmp_path / "mine.npz"
    with pytest.raises(FileNotFoundError, match=r"mine\.npz is missing.*audio-edu train"):
        load_checkpoint(CNN, path)
    save_checkpoint(path, CNN, model, {"name": "mine"})
    whole, card = path.read_bytes(), path.with_suffix(".json")
    with pytest.raises(ValueError, match=r"recognition\.cnn; expected recognition\.rnn"):
        load_checkpoint(CHECKPOINTS["rnn"].family(), path)
    middle = len(whole) // 2
    for damaged in (
        whole[:100],
        b"",
        whole[:middle] + bytes(4) + whole[middle + 4 :],
        b"not a checkpoint",
    ):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as arrays"):
            load_checkpoint(CNN, path)
    np.savez(path, **{"000": np.array([{"evil": 1}], dtype=object)})
    with pytest.raises(ValueError, match="cannot be read as arrays"):
        load_checkpoint(CNN, path)
    np.save(path, np.ones(3)), os.replace(f"{path}.npy", path)  # what is no .npz at all
    with pytest.raises(ValueError, match="cannot be read as arrays"):
        load_checkpoint(CNN, path)
    path.write_bytes(whole)
    arrays, told = files.read_arrays(path), json.loads(card.read_text())
    for wrong, complaint in (
        (dict(list(arrays.items())[1:]), "does not hold the weights"),
        ({**arrays, "network/more": np.ones(1)}, "does not hold the weights"),
        ({**arrays, "network/logits/bias": np.array([1, np.nan])}, "logits/bias.*NaN"),
        ({**arrays, "network/logits/bias": np.array(["a", "b"])}, "logits/bias.*no finite number"),
    ):
        files.write_arrays(path, wrong)
        with pytest.raises(ValueError, match="do not belong together"):
            load_checkpoint(CNN, path)
        signed(path, told)
        with pytest.raises(ValueError, match=complaint):
            load_checkpoint(CNN, path)
    path.write_bytes(whole)
    for text, complaint in (
        ("{", "not the card of a checkpoint"),
        ("[1]", "not the card of a checkpoint"),
        ("[" * 10**5, "not the card of a checkpoint"),
        (" " * 2**21, "not the card of a checkpoint"),
        (json.dumps({**told, "recipe": {**told["recipe"], "gravity": 1}}), "gravity"),
        (json.dumps({**told, "recipe": {**told["recipe"], "width": 10**9}}), "width is 1000000000"),
        (json.dumps({**told, "recipe": {**told["recipe"], "width": 9}}), "do not belong together"),
        (json.dumps({key: told[key] for key in told if key != "recipe"}), "there is no 'recipe'"),
        (json.dumps({**told, "recipe": ["n_steps"]}), "does not describe a model"),
        (json.dumps({key: told[key] for key in told if key != "digest"}), "do not belong together"),
        (json.dumps({**told, "family": "astrology"}), "astrology"),
        (json.dumps({**told, "family": ["recognition.cnn"]}), "expected recognition.cnn"),
    ):
        card.write_text(text)
        with pytest.raises(ValueError, match=complaint):
            load_checkpoint(CNN, path)
    for facts in (
        {},
        [],
        None,
        {**told["facts"], "sample_rate": "fast"},
        {**told["facts"], "label_names": 3},
    ):
        signed(path, {**told, "facts": facts})
        with pytest.raises(ValueError, match="does not describe a model"):
            load_checkpoint(CNN, path)
    card.write_text("\ufeff" + json.dumps(told), "utf-8")  # as some editors save it
    assert load_checkpoint(CNN, path).card == told
    card.write_text(json.dumps({**told, "family": "astrology"}))
    with pytest.raises(ValueError, match="no family of this book"):
        family_of(path)
    card.unlink()
    with pytest.raises(FileNotFoundError, match=r"mine\.json is missing"):
        load_checkpoint(CNN, path)


def test_a_write_that_fails_leaves_the_old_files_whole(tmp_path, model, monkeypatch):
    path = tmp_path / "mine.npz"
    save_checkpoint(path, CNN, model, {"name": "old"})
    before = numbers(model)
    model.weights["network/logits/bias"].assign([1.0, 2.0])
    with pytest.raises(TypeError):  # this card is not JSON
        save_checkpoint(path, CNN, model, {"name": object()})

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(path, CNN, model, {"name": "new"})
    monkeypatch.undo()
    before_all = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    model.weights["network/logits/bias"].assign([1.0, np.nan])
    with pytest.raises(ValueError, match=r"logits/bias.*diverged"):
        save_checkpoint(path, CNN, model, {"name": "new"})
    assert before_all == {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    loaded = load_checkpoint(CNN, path)
    assert loaded.card["name"] == "old"
    np.testing.assert_array_equal(numbers(loaded), before)
    assert sorted(os.listdir(tmp_path)) == ["mine.json", "mine.npz"]


def test_a_kill_between_the_two_renames_leaves_no_pair_that_is_accepted(tmp_path, model, monkeypatch):
    path = tmp_path / "mine.npz"
    save_checkpoint(path, CNN, model, {"name": "mine"})
    model.weights["network/logits/bias"].assign([1.0, 2.0])
    rename = os.replace

    def killed(old, new):
        monkeypatch.setattr(os, "replace", lambda *_: pytest.exit("this should never be reached"))
        rename(old, new)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, CNN, model, {"name": "mine"})
    with pytest.raises(ValueError, match=r"do not belong together.*--resume"):
        load_checkpoint(CNN, path)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 10_000)
    files.write_arrays(tmp_path / "bomb.npz", {"a": np.zeros(10_000)})
    assert (tmp_path / "bomb.npz").stat().st_size < 1000
    with pytest.raises(ValueError, match=r"holds 80,128 bytes; expected at most 10,000"):
        files.read_arrays(tmp_path / "bomb.npz")


@pytest.mark.parametrize("shape", ["(18446744073709551616,)", "(-1,)", "(1" + "0" * 5000 + ",)"])
def test_a_header_that_lies_is_one_sentence(tmp_path, shape):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr(
            "a.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8)
        )
    with pytest.raises(ValueError, match="cannot be read as arrays"):
        files.read_arrays(tmp_path / "a.npz")


def test_the_name_of_a_checkpoint_ends_in_npz(tmp_path, model):
    with pytest.raises(ValueError, match=r"ends in \.npz"):
        save_checkpoint(tmp_path / "lr0.01", CNN, model, {"name": "mine"})
    assert not list(tmp_path.iterdir())


# --- What ships ---


def test_the_table_of_checkpoints_is_what_the_families_know():
    for name, entry in CHECKPOINTS.items():
        assert name in entry.family().recipes
        assert entry.generates == hasattr(entry.family(), "generate"), name
    known = {name for entry in CHECKPOINTS.values() for name in entry.family().recipes}
    assert known == set(CHECKPOINTS) == set(checkpoint_names())


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_shipped_card_holds_the_recipe_of_the_code(name):
    card, family = load_card(name), family_of(name)
    assert from_json(card["recipe"], type(family.recipes[name])) == family.recipes[name]
    assert card["name"] == name and card["family"] == family.package
    assert card["command"] == f"audio-edu train {name}" and card["seed"] == card["recipe"]["seed"]
    assert card["n_steps"] == card["recipe"]["n_steps"] and card["wall_s"] > 0 and card["metrics"]
    assert all(card["curve"].values()) and "Corpus" in card["corpus"]
    assert checkpoint_path(name).stat().st_size < 15e6


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_shipped_checkpoint_loads(name):
    model = load_model(name)
    assert model.n_parameters == model.card["n_parameters"]
    assert set(model.card["curve"]) == set(model.curve_names)


def test_all_checkpoints_together_are_light():
    assert sum(path.stat().st_size for path in checkpoint_dir().iterdir()) < 64e6
