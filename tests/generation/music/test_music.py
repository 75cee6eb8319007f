"""Music: notes, codes, words and files and back; chains; counts; how each model writes; the command line."""

import itertools
import json

import keras
import numpy as np
import pytest

from audio_edu import cli
from audio_edu.datasets import load_chorales
from audio_edu.generation import music
from audio_edu.generation.music import data, evaluate, sampler, tracks
from audio_edu.generation.music import generate as writing
from audio_edu.generation.music.family import FAMILY
from audio_edu.signal import load_audio
from audio_edu.signal.pitch import note_pitch
from audio_edu.training import as_array, changed, save_checkpoint

rng = np.random.default_rng(0)
TUNE = np.array([[0, 1, 60, 0], [1, 0.5, 62, 0], [1.5, 0.5, 62, 0], [2, 2, 64, 0]], float)


@pytest.fixture(scope="module")
def few():
    chorales = load_chorales()
    return chorales.select(np.arange(0, len(chorales), 60))


def tiny(kind, corpus):
    recipe = changed(FAMILY.tiny, {"kind": kind})
    return FAMILY.build(recipe, FAMILY.facts(recipe, corpus))


def test_notes_survive_the_grid_they_are_on():
    np.testing.assert_array_equal(music.to_notes(music.to_codes(TUNE, 1)), TUNE)
    # a roll of keys alone cannot tell the two quavers from a crotchet; codes can
    joined = np.array([[0, 1, 60, 0], [1, 1, 62, 0], [2, 2, 64, 0]], float)
    a, b = music.to_codes(TUNE, 1), music.to_codes(joined, 1)
    assert np.array_equal(a // 2, b // 2) and not np.array_equal(a, b)


def test_all_chorales_survive_a_fine_grid(few):
    for notes in few.targets.notes:
        back = music.to_notes(music.to_codes(notes, steps_per_quarter=8), steps_per_quarter=8)
        np.testing.assert_allclose(back, notes[np.lexsort((notes[:, 0], notes[:, 3]))])


@pytest.mark.parametrize(
    ("notes", "complaint"),
    [
        ([[0, 1, 20, 0]], "MIDI numbers 21 to 108"),
        ([[0, 1, 60, 1]], "voices 0 to 0"),
        ([[0, 0, 60, 0]], "not above 0"),
        ([[-1, 1, 60, 0]], "onset below 0"),
        (np.zeros((0, 4)), "shape"),
    ],
)
def test_what_are_no_notes_is_said(notes, complaint):
    with pytest.raises(ValueError, match=complaint):
        music.to_codes(notes, 1)


def test_transposing_keeps_what_is_held_and_rests():
    codes = music.to_codes(TUNE, 1)
    moved = data.transpose(codes, 3)
    np.testing.assert_array_equal(music.to_notes(moved)[:, 2], TUNE[:, 2] + 3)
    assert np.array_equal(moved % 2, codes % 2) and data.transpose([0], 3)[0] == 0


def test_words_are_events_and_back(few):
    words = data.vocabulary(few)
    model = tiny("melody", few)
    for row, notes in zip(data.to_words(few, words), few.targets.notes, strict=True):
        soprano = notes[notes[:, 3] == 0]
        assert row[0] in (data.MAJOR, data.MINOR) and row[-1] == data.END
        back = model.notes(row)
        np.testing.assert_allclose(back[:, 1], soprano[:, 1])
        assert len(set(back[:, 2] - soprano[:, 2])) == 1  # transposed to C


def test_a_midi_file_holds_what_was_written(tmp_path, few):
    path, notes = tmp_path / "x.mid", few.targets.notes[0]
    music.write_midi(path, notes, tempo=77)
    np.testing.assert_allclose(
        music.read_midi(path), notes[np.lexsort((notes[:, 0], notes[:, 3]))], atol=1e-2
    )
    path.write_bytes(b"no music")
    with pytest.raises(ValueError, match="no MIDI file"):
        music.read_midi(path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        music.read_midi(tmp_path / "none.mid")


@pytest.mark.parametrize("instrument", music.INSTRUMENTS)
def test_the_sampler_plays_in_tune_and_in_time(instrument):
    x = music.play([[0, 1, 69, 0], [1, 1, 64, 0]], instrument=instrument, tempo=75)
    assert len(x) == round((1.6 + sampler.RELEASE_S) * sampler.RATE) and np.abs(x).max() == pytest.approx(0.5)
    for start, midi in ((0.1, 69), (0.9, 64)):
        part = x[round(start * 16000) :][:8000]
        assert note_pitch(part, 16000, near=midi) == pytest.approx(midi, abs=0.3)


def test_a_held_note_goes_on_without_a_hole():
    x = music.play([[0, 8, 60, 0]], tempo=60)
    levels = [np.sqrt(np.mean(x[i : i + 1600] ** 2)) for i in range(8000, 120_000, 1600)]
    assert min(levels) > 0.5 * max(levels)


def test_temperature_is_a_softmax():
    logits = rng.normal(size=(3, 7))
    np.testing.assert_allclose(
        music.temper(logits, 2.0), as_array(keras.ops.softmax(logits / 2.0)), atol=1e-6
    )
    assert music.temper(np.array([0.0, 1e4]), 1e-3).tolist() == [0, 1]


def test_a_chain_counts_and_its_probabilities_add_up():
    rows = [rng.integers(5, size=40) for _ in range(3)]
    for order in range(3):
        chain = music.MarkovChain(rows, 5, order=order)
        assert chain.probabilities([1, 4, 2]).sum() == pytest.approx(1)
    free = music.MarkovChain(rows, 5, order=1, strength=1e-9)
    pairs = [(a, b) for row in rows for a, b in itertools.pairwise(row) if a == 2]
    assert free.probabilities([2])[3] == pytest.approx(np.mean([b == 3 for _, b in pairs]))


def test_counts_of_what_is_known():
    up = np.array([[104, 94, 88, 80], [108, 98, 92, 84]])  # all go up by a tone
    assert music.count(up, steps_per_quarter=1)["parallels"] == 200
    crossed = up[:, [1, 0, 2, 3]]
    assert music.count(crossed, steps_per_quarter=1)["crossings"] == 1
    real = load_chorales().test
    pieces = [music.to_codes(notes) for notes in real.targets.notes]
    counts = music.average_counts(pieces)
    shuffled = music.average_counts([rng.permutation(codes) for codes in pieces])
    assert counts["parallels"] < 1 and shuffled["parallels"] > 10 * counts["parallels"]
    assert counts["triads"] > 0.7 and counts["leaps"] < shuffled["leaps"]


def test_bars_and_ends_of_lines_are_counted():
    context = np.array([[1, 1, 0], [0, 1, 1]], np.float32)
    for midi, expected in (
        ([[79, 74, 65, 43], [76, 72, 67, 48]], (1, 1, 1)),  # G D F G, then C: a seventh, a perfect cadence
        ([[79, 74, 71, 43], [76, 72, 67, 48]], (0, 1, 1)),
        ([[77, 72, 69, 53], [76, 72, 67, 48]], (0, 1, 0)),  # F before C: the bass steps from elsewhere
        ([[79, 74, 71, 43], [76, 72, 67, 52]], (0, 0, 0)),  # the third in the bass
    ):
        counts = music.count_in_bars(2 * (np.array(midi) - 20), context)
        assert tuple(counts.values()) == expected
    real = load_chorales().test
    found = data.pieces(real, 2)
    closed = [music.count_in_bars(piece.codes, piece.context)["closed"] for piece in found]
    shuffled = [music.count_in_bars(rng.permutation(p.codes), p.context)["closed"] for p in found]
    assert np.mean(closed) > 0.9 and np.mean(shuffled) < 0.6
    with pytest.raises(ValueError, match="codes and context have shapes"):
        music.count_in_bars(found[0].codes, found[1].context[:3])


def test_copies_are_found_in_any_key():
    piece = rng.integers(40, 90, size=(30, 2)) * 2
    other = np.concatenate([rng.integers(40, 90, size=(9, 2)) * 2, data.transpose(piece[5:17], 4)])
    assert music.longest_copy(piece, [other]) == 12


def test_the_same_step_is_the_same_batch(few):
    for kind in ("melody", "voices", "vae", "gan"):
        model = tiny(kind, few)
        a, b = (FAMILY.batches(model, model.recipe, few)(3) for _ in range(2))
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
        assert len(a) >= 3 and all(len(part) == model.recipe.batch_size for part in a)


def test_a_melody_is_written_as_it_is_scored(few):
    model = tiny("melody", few)
    one, two = (model.write(2, seed=4, most=20) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(1 < len(row) <= 21 and (row[1:] >= data.END).all() for row in one)
    # the likeliest word, step by step, is the likeliest of the logits of the whole
    (row,) = model.write(1, temperature=0, most=12)
    logits = model.logits(np.append(row, data.END))[: len(row) - 1, data.END :]
    np.testing.assert_array_equal(logits.argmax(axis=1) + data.END, row[1:])


def test_harmony_keeps_the_soprano_and_is_causal_in_what_it_writes(few):
    model, piece = tiny("voices", few), data.pieces(few, 2)[0]
    (codes,) = model.harmonize([piece.codes[:20, 0]], [piece.context[:20]])
    np.testing.assert_array_equal(codes[:, 0], piece.codes[:20, 0])
    before = model.nats(codes, piece.context[:20])
    changed_codes = codes.copy()
    changed_codes[12, 2] += 2
    after = model.nats(changed_codes, piece.context[:20])
    np.testing.assert_allclose(before[:12], after[:12], atol=1e-5)
    assert np.abs(before[12:] - after[12:]).max() > 1e-4


def test_two_bars_from_z(few):
    model = tiny("vae", few)
    codes = data.windows(model.recipe, data.pieces(few, 2))
    way = model.interpolate(codes[0], codes[1], 5)
    assert way.shape == (5, 16)
    mean, _ = model.encode(codes[:1])
    np.testing.assert_array_equal(way[0], model.decode(mean)[0])
    assert evaluate.shared_notes(codes, codes) == 1
    nearest = evaluate.nearest_bars(data.transpose(codes[:3], 2), codes)
    np.testing.assert_array_equal(data.to_symbols(nearest), data.to_symbols(data.transpose(codes[:3], 2)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["melody", "voices", "vae", "gan"])
def test_tiny_models_are_judged(few, kind):
    split = np.array(["train"] * (len(few) - 2) + ["test"] * 2)
    mixed = type(few)(
        name="few", audio=(), targets=few.targets, voices=few.voices, split=split, sample_rate=16000,
        info=few.info,
    )  # fmt: skip
    report = FAMILY.evaluate(tiny(kind, few), mixed)
    numbers = [value for value in report.values() if isinstance(value, float)]
    assert len(numbers) >= 3 and np.isfinite(numbers).all()
    json.dumps(report)


def test_the_usual_chord_is_right_where_it_was_learned(few):
    found = data.pieces(few, 2)
    plain = evaluate.usual_chords(found, found)
    assert 0.3 < evaluate.keys_right(found, plain) < 1
    assert all(np.array_equal(w[:, 0], p.codes[:, 0]) for w, p in zip(plain, found, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["melody", "voices", "vae", "gan"])
def test_sounds_and_files_from_the_command_line(tmp_path, capsys, few, kind):
    name = {"melody": "melody", "voices": "harmony", "vae": "music_vae", "gan": "music_gan"}[kind]
    save_checkpoint(tmp_path / "tiny.npz", FAMILY, tiny(kind, few), {"name": "tiny"})
    music.write_midi(tmp_path / "in.mid", TUNE)
    words = [
        "generate",
        name,
        "--checkpoint",
        str(tmp_path / "tiny.npz"),
        "--melody",
        str(tmp_path / "in.mid"),
    ]
    for file in ("a.mid", "a.wav"):
        assert cli.main([*words, "--out", str(tmp_path / file)]) == 0
        assert file in capsys.readouterr().out
    notes = music.read_midi(tmp_path / "a.mid")
    x, sample_rate = load_audio(tmp_path / "a.wav")
    ends = (notes[:, 0] + notes[:, 1]).max()
    assert len(x) / sample_rate == pytest.approx(60 / 96 * ends + sampler.RELEASE_S, abs=0.01)
    if kind == "voices":
        np.testing.assert_allclose(notes[notes[:, 3] == 0][:, :3], TUNE[:, :3], atol=1e-2)
    for option, value in (("--temperature", "-1"), ("--instrument", "kazoo"), ("--mode", "dorian")):
        if kind == "melody" or option != "--mode":
            assert cli.main([*words, option, value, "--out", str(tmp_path / "b.wav")]) == 1
            assert option[2:] in capsys.readouterr().err
    assert not (tmp_path / "b.wav").exists()
    assert writing.LONGEST >= 100


def test_notes_far_above_and_below_what_was_recorded_are_played():
    from audio_edu.generation.music import play

    for key in (21, 60, 96, 108):
        x = play([[0, 4, key, 0]], tempo=60)
        assert np.isfinite(x).all() and np.abs(x[-3000:-1500]).max() > 0.01


def test_four_voices_become_a_grid_and_back(few):
    codes, minor = tracks.four_bars(data.pieces(few, 2))
    assert codes.shape == (len(minor), 32, 4) and (codes[:, 0] % 2 == 0).all()
    grid = tracks.to_grid(codes)
    assert grid.shape == (len(codes), 32, 4, 50) and (grid[..., :49].sum(axis=-1) == 1).all()
    np.testing.assert_array_equal(tracks.from_grid(grid), codes)
    # a note cannot go on where its key does not
    grid[0, 1] = np.roll(grid[0, 1], 1, axis=-1) * (np.arange(50) < 49)
    assert (tracks.from_grid(grid)[0, 1] % 2 == 0).all()
    with pytest.raises(ValueError, match="rests, or keys beyond"):
        tracks.to_grid(np.zeros((2, 4), int))


def test_a_generator_makes_one_key_for_each_step_and_voice(few):
    model = tiny("gan", few)
    z = model.noise(3, seed=1)
    grids = model.grids(z)
    np.testing.assert_allclose(grids[..., :49].max(axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(grids[..., :49].sum(axis=-1), 1, atol=1e-5)
    assert not np.array_equal(grids, model.grids(z, minor=True))
    # another noise of the tenor leaves the other voices alone; of the third bar, the first two (but for the
    # seam, which a convolution sees)
    changed_z = z.copy()
    changed_z[:, 5 + 2] += 1
    np.testing.assert_array_equal(model.grids(changed_z)[:, :, [0, 1, 3]], grids[:, :, [0, 1, 3]])
    changed_z = z.copy()
    changed_z[:, 3] += 1
    np.testing.assert_array_equal(model.grids(changed_z)[:, :10], grids[:, :10])


def test_likeness_is_what_is_counted():
    codes = 2 * rng.integers(20, 60, size=(8, 32, 4))
    keys = tracks.to_grid(codes)[..., :49]
    alike = as_array(tracks.Likeness(8)(keys))
    assert alike.shape == (8, 1)
    assert alike.mean() == pytest.approx(music.count_in_row(codes)["alike"], abs=1e-6)
    assert not as_array(tracks.Likeness(1)(keys)).any()
    assert as_array(tracks.Likeness(4)(np.repeat(keys[:1], 8, axis=0))) == pytest.approx(1)


def test_bars_that_follow_are_kin_and_a_chain_walks_as_it_was_shown(few):
    found = data.pieces(few, 2)
    real, _ = tracks.four_bars(found)
    plain = evaluate.plain_tracks(real, found)
    counted = {name: evaluate.count_tracks(codes) for name, codes in plain.items()}
    assert counted["real"]["kinship"] > counted["bars_shuffled"]["kinship"] + 0.05
    assert counted["bars_shuffled"]["over_bar_line"] > 1.5 * counted["real"]["over_bar_line"]
    shown = {pair for p in found if p.meter == 4 for pair in itertools.pairwise(map(tuple, _in_c(p)))}
    walked = [pair for row in plain["chain"] for pair in itertools.pairwise(map(tuple, row.tolist()))]
    assert np.mean([pair in shown for pair in walked]) > 0.99
    one = np.repeat(real[:1], 4, axis=0)
    assert music.count_in_row(one)["alike"] == 1
    with pytest.raises(ValueError, match="many has shape"):
        music.count_in_row(real[:1])


def _in_c(piece):
    return data.transpose(piece.codes, data.to_c(piece)).tolist()
