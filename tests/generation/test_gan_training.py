"""Training a GAN: one step of the game, resuming, the toy, and the judgement."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from audio_edu.datasets import Corpus, load_digits
from audio_edu.generation.gan.generate import Gan
from audio_edu.generation.gan.evaluate import (
    class_score,
    evaluate,
    frechet_distance,
    generated_corpus,
    nearest_training_clips,
)
from audio_edu.generation.gan.model import build_critic, build_generator
from audio_edu.generation.gan.data import N_SAMPLES, Pictures
from audio_edu.generation.gan.toy import (
    note_pitch_hz,
    places,
    play_notes,
    play_toy,
    real_notes,
    share_of_places,
)
from audio_edu.generation.gan.recipe import GanRecipe, adversarial_step, train, words_that_fit

TINY = GanRecipe(
    n_steps=4,
    batch_size=8,
    n_z=4,
    generator_channels=(4, 4, 4, 4),
    critic_channels=(4, 4, 4, 4),
    averaging=0.9,
)


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def few(digits):
    return digits.train.select(np.arange(0, 3900, 60))


def weights(model):
    return [*model.network.get_weights(), *model.critic.get_weights()]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


class TestTraining:
    def test_what_goes_on_after_a_kill_ends_with_the_same_weights(self, few, tmp_path):
        whole, report = train(TINY, few, progress=False)
        state = tmp_path / "state.npz"
        train(TINY, few, state_path=state, progress=False, n_steps_now=1)
        train(TINY, few, state_path=state, resume=True, progress=False, n_steps_now=2)
        resumed, again = train(TINY, few, state_path=state, resume=True, progress=False)
        assert same(weights(whole), weights(resumed))
        assert again["losses"] == report["losses"]
        assert again["n_steps"] == 4

    def test_a_longer_training_is_a_shorter_one_continued(self, few, tmp_path):
        state = tmp_path / "state.npz"
        train(replace(TINY, n_steps=2), few, state_path=state, progress=False)
        longer, _ = train(TINY, few, state_path=state, resume=True, progress=False)
        whole, _ = train(TINY, few, progress=False)
        assert same(weights(longer), weights(whole))

    def test_the_seed_decides(self, few):
        one, other = (train(replace(TINY, n_steps=1, seed=s), few, progress=False)[0] for s in (1, 2))
        assert not same(weights(one), weights(other))

    def test_the_state_of_another_training_is_refused(self, few, tmp_path):
        state = tmp_path / "state.npz"
        train(TINY, few, state_path=state, progress=False, n_steps_now=1)
        with pytest.raises(ValueError, match="the state of another training"):
            train(replace(TINY, seed=7), few, state_path=state, resume=True, progress=False)
        with pytest.raises(ValueError, match="the state of another training"):
            train(TINY, few.select(np.arange(20)), state_path=state, resume=True, progress=False)

    def test_both_players_learn(self, few):
        before = build_generator("spectrogram", TINY.generator_channels, n_z=4).get_weights()
        model, report = train(replace(TINY, n_steps=12, critic_rate=3e-3), few, progress=False)
        assert not same(before, model.network.get_weights())
        assert report["accuracy_real"][-1] > 0.5

    def test_words_that_do_not_fit_are_left_out(self, digits):
        fitting = words_that_fit(digits.train)
        assert 0.95 * len(digits.train) < len(fitting) < len(digits.train)
        assert fitting.lengths.max() <= N_SAMPLES

    def test_too_few_clips(self, few):
        with pytest.raises(ValueError, match="corpus has 7 clips, fewer than one batch of 8"):
            train(TINY, words_that_fit(few).select(np.arange(7)), progress=False)

    def test_a_recipe_that_makes_no_sense(self):
        with pytest.raises(ValueError, match="batch_size is 12; expected a multiple of 8"):
            GanRecipe(batch_size=12)
        with pytest.raises(ValueError, match="kind is 'mel'"):
            GanRecipe("mel")

    def test_a_recipe_survives_json(self):
        import json
        from dataclasses import asdict

        assert GanRecipe.from_dict(json.loads(json.dumps(asdict(TINY)))) == TINY


class TestStep:
    @pytest.fixture
    def players(self):
        keras.utils.set_random_seed(0)
        g, mean = (build_generator("spectrogram", TINY.generator_channels, n_z=4) for _ in range(2))
        mean.set_weights(g.get_weights())
        return g, build_critic("spectrogram", TINY.critic_channels), mean

    @staticmethod
    def inputs():
        rng = np.random.default_rng(0)
        real = rng.uniform(-1, 1, (8, 256, 48, 1)).astype(np.float32)
        z = rng.normal(size=(8, 4)).astype(np.float32)
        labels = np.arange(8, dtype=np.int32)
        return real, labels, z, labels

    def play(self, players, rates, loss="hinge", **options):
        g, d, mean = players
        optimizers = [keras.optimizers.Adam(r, beta_1=0.0) for r in rates]
        optimizers[0].build(g.trainable_variables)
        optimizers[1].build(d.trainable_variables)
        return adversarial_step(g, d, mean, *optimizers, loss=loss, **options)

    def test_each_player_changes_its_own_weights_only(self, players):
        g, d, _ = players
        before_g, before_d = g.get_weights(), [np.asarray(v) for v in d.trainable_variables]
        self.play(players, (0.0, 1e-3))(*self.inputs())
        assert same(before_g, g.get_weights())
        assert not same(before_d, [np.asarray(v) for v in d.trainable_variables])
        before_d = [np.asarray(v) for v in d.trainable_variables]
        self.play(players, (1e-3, 0.0))(*self.inputs())
        assert not same(before_g, g.get_weights())
        assert same(before_d, [np.asarray(v) for v in d.trainable_variables])

    def test_the_average_follows(self, players):
        g, _, mean = players
        start = g.get_weights()
        self.play(players, (1e-2, 1e-2), averaging=0.75)(*self.inputs())
        for a, b, m in zip(start, g.get_weights(), mean.get_weights(), strict=True):
            assert np.allclose(m, 0.75 * a + 0.25 * b, atol=1e-6)

    @pytest.mark.parametrize("loss", ["hinge", "logarithm", "saturating"])
    def test_the_losses_are_what_they_say(self, players, loss):
        g, d, _ = players
        real, labels, z, _ = self.inputs()
        step = self.play(players, (0.0, 0.0), loss)
        for _ in range(30):
            of_critic, of_generator, right_real, right_fake = map(float, step(real, labels, z, labels))
        fake = np.asarray(g([z, labels]))
        # The deviation is a group's; σ has settled after 30 steps
        s_real, s_fake = (np.asarray(d([x, labels])[0])[:, 0] for x in (real, fake))

        def sigma(s):
            return 1 / (1 + np.exp(-s))

        expected = {
            "hinge": (np.maximum(0, 1 - s_real).mean() + np.maximum(0, 1 + s_fake).mean(), -s_fake.mean()),
            "logarithm": (
                -np.log(sigma(s_real)).mean() - np.log(1 - sigma(s_fake)).mean(),
                -np.log(sigma(s_fake)).mean(),
            ),
            "saturating": (
                -np.log(sigma(s_real)).mean() - np.log(1 - sigma(s_fake)).mean(),
                np.log(1 - sigma(s_fake)).mean(),
            ),
        }[loss]
        assert of_critic == pytest.approx(expected[0], rel=1e-3)
        assert of_generator == pytest.approx(expected[1], rel=1e-3, abs=1e-4)
        assert (right_real, right_fake) == (np.mean(s_real > 0), np.mean(s_fake < 0))

    def test_an_unknown_loss(self, players):
        with pytest.raises(ValueError, match="loss is 'mse'"):
            self.play(players, (0.0, 0.0), "mse")


class TestToy:
    def test_real_notes_lie_at_eight_places(self):
        share = share_of_places(real_notes(4000, np.random.default_rng(0)))
        assert share.sum() > 0.99
        assert np.abs(share - 1 / 8).max() < 0.03

    def test_a_generator_that_collapsed_has_one_place(self):
        share = share_of_places(np.repeat(places()[3:4], 50, axis=0))
        assert share.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]

    def test_a_note_sounds_as_high_as_it_lies(self):
        for note in places():
            x = play_notes(note[None], note_s=0.5)
            spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))[:800]
            peaks = np.flatnonzero(spectrum > 0.2 * spectrum.max()) * 8000 / len(x)
            assert peaks.min() == pytest.approx(note_pitch_hz(note), abs=6)

    def test_a_note_that_lies_higher_is_brighter(self):
        def centroid(note):
            power = np.abs(np.fft.rfft(play_notes(np.array([note])))) ** 2
            return (power * np.arange(len(power))).sum() / power.sum()

        assert centroid([0.0, 0.7]) > 1.3 * centroid([0.0, -0.7])

    def test_it_keeps_what_is_played_on_the_way(self):
        history = play_toy(n_steps=6, n_snapshots=3)
        n = len(history["step"])
        assert history["step"][0] == 0
        assert history["step"][-1] == 6
        assert history["notes"].shape == (n, 256, 2)
        assert history["score"].shape == (25, 25)
        assert np.array_equal(play_toy(n_steps=6, n_snapshots=3)["notes"], history["notes"])

    def test_in_a_head_start_the_generator_waits(self):
        one, other = (play_toy(n_steps=1, head_start=h)["notes"][0] for h in (0, 3))
        assert np.array_equal(one, other)


class TestJudgement:
    def test_the_class_score_goes_from_one_to_the_number_of_classes(self):
        assert class_score(np.eye(10)) == pytest.approx(10)
        assert class_score(np.tile([0.7, 0.3], (9, 1))) == pytest.approx(1)
        half = np.repeat(np.eye(10)[:5], 4, axis=0)
        assert class_score(half) == pytest.approx(5)  # half of the digits never come

    def test_the_frechet_distance_of_two_normal_distributions(self):
        rng = np.random.default_rng(0)
        white = rng.normal(size=(200_000, 2))
        a, b = white * [1.0, 2.0], white[::-1] * [3.0, 0.5] + [1.0, -2.0]
        # independent axes: |Δμ|² + Σ (σ_a − σ_b)²
        assert frechet_distance(a, b) == pytest.approx(5 + 4 + 2.25, rel=0.02)
        turn = np.linalg.qr(rng.normal(size=(2, 2)))[0]
        assert frechet_distance(a @ turn, b @ turn) == pytest.approx(frechet_distance(a, b))
        assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
        with pytest.raises(ValueError, match="expected"):
            frechet_distance(a, b[:, :1])

    def test_a_copy_is_found_however_late_and_loud(self, digits):
        train_clips = words_that_fit(digits.train).select(np.arange(0, 3800, 19))
        stolen = np.array([3, 50, 120])
        audio = [0.3 * np.pad(train_clips.audio[i], (128 * 5, 0)) for i in stolen]
        copies = Corpus(
            "stolen", tuple(a.astype(np.float32) for a in audio), train_clips.labels[stolen],
            train_clips.label_names, train_clips.voices[stolen], train_clips.split[stolen], 8000,
        )  # fmt: skip
        which, distance = nearest_training_clips(copies, train_clips)
        assert which.tolist() == stolen.tolist()
        assert distance.max() < 1
        unseen = digits.test.select(np.arange(0, 200, 10))
        assert np.median(nearest_training_clips(unseen, train_clips)[1]) > 3

    def test_an_untrained_generator_is_found_out(self, digits):
        keras.utils.set_random_seed(0)
        split = [np.flatnonzero(digits.split == part)[::step] for part, step in (("train", 23), ("test", 13))]
        small = digits.select(np.concatenate(split))
        recipe = GanRecipe(n_z=4, generator_channels=(4, 4, 4, 4))
        model = Gan(
            recipe,
            build_generator("spectrogram", (4, 4, 4, 4), n_z=4),
            Pictures.fit("spectrogram", small.train),
        )
        report = evaluate(model, small, n_clips=60, n_neighbours=20)
        assert report["recognized"] < 0.4
        assert report["held_out_recognized"] > 0.9
        assert report["through_pictures_recognized"] > 0.9
        assert report["frechet_distance"] > 3 * report["held_out_frechet_distance"]
        assert report["trained_on_generated_accuracy"] < report["trained_on_as_many_real_accuracy"]
        assert report["copies"] == 0
        assert report["copies_nearest_db"] < report["held_out_nearest_db"]

    def test_generated_clips_come_as_a_corpus(self, digits):
        keras.utils.set_random_seed(0)
        recipe = GanRecipe(n_z=4, generator_channels=(4, 4, 4, 4))
        pictures = Pictures("spectrogram", np.full(256, -2.0, np.float32), np.ones(256, np.float32))
        model = Gan(recipe, build_generator("spectrogram", (4, 4, 4, 4), n_z=4), pictures)
        made = generated_corpus(model, 20, seed=1, like=digits)
        assert np.bincount(made.labels).tolist() == [2] * 10
        assert all(np.abs(clip).max() == pytest.approx(0.9, abs=1e-3) for clip in made.audio)
