import csv
from dataclasses import replace

import numpy as np
import pytest

from audio_edu.datasets import Corpus, Labels
from audio_edu.datasets.digits import DIGIT_NAMES
from audio_edu.recognition import experiments
from audio_edu.recognition.augment import Augmentation
from audio_edu.recognition.features import FeatureSettings

RNG = np.random.default_rng(0)
SMALL = FeatureSettings(n_samples=1600, n_mels=20)
PEOPLE = Corpus(
    "people",
    tuple(RNG.standard_normal(800).astype(np.float32) for _ in range(120)),
    Labels(np.arange(120) % 10, [str(i) for i in range(10)]),
    [f"v{i // 40}" for i in range(120)],
    ["test" if i % 40 < 10 else "train" for i in range(120)],
    8000,
)

PEOPLE_NAMED = replace(PEOPLE, targets=Labels(PEOPLE.labels, DIGIT_NAMES))


def test_nobody_is_trained_on_whom_a_protocol_tests_on():
    found = list(experiments.jobs("leave-one-out", "cnn", PEOPLE, seeds=[1, 2]))
    assert len(found) == 6
    _, _, training, test = next(experiments.jobs("leave-one-out-and-digits", "cnn", PEOPLE_NAMED, seeds=[1]))
    assert len(training) == 80 + len(experiments.load_digits().development)
    assert not set(test.voices) & set(training.voices)
    for name, recipe, training, test in found:
        assert set(test.voices) == {name.split(",")[0]}
        assert not set(test.voices) & set(training.voices)
        assert len(training) + len(test) == len(PEOPLE)
        assert recipe.seed in (1, 2)
    (_, _, training, test), *_ = experiments.jobs("official", "cnn", PEOPLE, seeds=[1])
    assert set(training.split) == {"train"} and set(test.split) == {"test"}


def test_each_ablation_leaves_out_something_else():
    recipes = [job[1].augmentation for job in experiments.jobs("ablation", "cnn", PEOPLE, seeds=[1])]
    assert len(set(recipes)) == len(recipes) == len(experiments.ABLATIONS)
    assert recipes[-1] == Augmentation.none()


def test_architecture_changes_one_thing_at_a_time():
    recipes = [job[1] for job in experiments.jobs("architecture", "cnn", PEOPLE, seeds=[1])]
    assert [recipe.kind for recipe in recipes] == ["document"] * 2 + ["small"] * 2
    plain, augmented, small, _ = recipes
    assert replace(plain, augmentation=augmented.augmentation) == augmented
    assert replace(plain, kind="small") == small


def test_heard_says_who_recognised_which_clip(monkeypatch):
    class Deaf:
        def load(self):
            return self

        def probabilities(self, clips):
            return np.eye(10)[np.zeros(len(clips), int)]

    monkeypatch.setattr(experiments, "FAMILIES", {"cnn": Deaf(), "rnn": Deaf()})
    rows = experiments.heard(replace(PEOPLE, info={"take": np.arange(120)}))
    assert len(rows) == 120 and list(rows[0]) == ["speaker", "digit", "take", "cnn", "rnn"]
    assert all(row["cnn"] == (row["digit"] == 0) for row in rows)


def test_unknown_protocols_and_corpora_that_do_not_fit():
    with pytest.raises(ValueError, match="protocol"):
        list(experiments.jobs("guess", "cnn", PEOPLE, seeds=[1]))
    other = Corpus("x", PEOPLE.audio[:1], Labels([0], ("a",)), ["v"], ["train"], 8000)
    with pytest.raises(ValueError, match="same classes"):
        experiments.join(PEOPLE, other)
    both = experiments.join(PEOPLE, PEOPLE)
    assert len(both) == 240 and both.train.voices.tolist() == PEOPLE.train.voices.tolist() * 2


@pytest.mark.slow
def test_the_table_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(experiments, "load_fsdd", lambda path: PEOPLE)
    known = {**experiments._KNOWN[1], "width": 4, "settings": SMALL}
    monkeypatch.setattr(experiments, "_KNOWN", (1, known))
    assert experiments.main(["official", "--seeds", "2", "--out", str(tmp_path), "--baselines"]) == 0
    with open(tmp_path / "official_cnn.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["seed 1", "seed 2"]
    assert 0 <= float(rows[0]["accuracy"]) <= 1 and int(rows[0]["n_parameters"]) > 0
    printed = capsys.readouterr().out
    assert "SVM" in printed and "mean" in printed.splitlines()[-1]
