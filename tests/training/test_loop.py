"""The loop: whatever it trains, killed and resumed it ends with the very weights it would have had."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from small import NAMES, numbers, small

from audio_edu.training import Recipe, Trained, loop, train

HERE = Path(__file__).resolve().parent
every_family = pytest.mark.parametrize("name", NAMES)


@every_family
@pytest.mark.slow
def test_interrupted_training_ends_where_it_would_have(tmp_path, name):
    family, recipe, corpus = small(name)
    whole, report = train(family, recipe, corpus)
    state = tmp_path / "state.npz"
    train(family, recipe, corpus, state_path=state, n_steps_now=2)
    resumed, again = train(family, recipe, corpus, state_path=state, resume=True)
    # TensorFlow, whenever it traces a Tacotron anew, may add up its gradients in another order, with one
    # thread, too: even two trainings that nobody interrupts differ in the last bit. A state that was lost
    # would show in the third digit.
    allowed = 1e-6 if name == "tacotron" else 0.0
    np.testing.assert_allclose(numbers(resumed), numbers(whole), rtol=0, atol=allowed)
    assert again["n_steps"] == report["n_steps"] == recipe.n_steps
    assert again["curve"] == report["curve"] and set(report["curve"]) == set(whole.curve_names)


# Half a minute each. Dropout with its seeds, and two networks, are all that could be lost.
@pytest.mark.parametrize("name", ["rnn", "gan"])
@pytest.mark.slow
def test_kill_9_and_resume(tmp_path, name):
    family, recipe, corpus = small(name)
    recipe = replace(recipe, n_steps=40)
    state = tmp_path / "state.npz"
    code = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]\n"
        "from dataclasses import replace\n"
        "from small import small\n"
        "from audio_edu.training import loop, train\n"
        f"loop.SAVE_EVERY_S = 0.0; family, recipe, corpus = small({name!r})\n"
        f"train(family, replace(recipe, n_steps=40), corpus, state_path={str(state)!r})"
    )
    killed = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    deadline = time.monotonic() + 120
    while (
        time.monotonic() < deadline and not (state.is_file() and _step(state) > 1) and killed.poll() is None
    ):
        time.sleep(0.02)
    assert killed.poll() is None, "it ended before it was killed"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert 0 < _step(state) < 40
    resumed, _ = train(family, recipe, corpus, state_path=state, resume=True)
    whole, _ = train(family, recipe, corpus)
    np.testing.assert_array_equal(numbers(whole), numbers(resumed))


def _step(state):
    with np.load(state) as file:
        return int(file["step"])


# --- A family of one weight, for what is the loop's own ---


@dataclass(frozen=True, kw_only=True)
class Line(Recipe):
    fixed: int = 0

    @property
    def n_steps_alike(self):
        return self.n_steps if self.fixed < 0 else max(0, self.n_steps - self.fixed) if self.fixed else 0


class LineFamily:
    package, recipes, stored_as, judge = "line", {"line": Line(n_steps=4)}, "float32", None

    def facts(self, recipe, train):
        return {}

    def build(self, recipe, facts):
        network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="line")])
        network.compile(keras.optimizers.SGD(0.1), "mse")
        return Trained(recipe, facts, {"network": network})

    def batches(self, model, recipe, train):
        return lambda step: (np.full((4, 1), step % 7, np.float32), np.ones((4, 1), np.float32))


class Ones:
    """A corpus as far as the loop is concerned."""

    def fingerprint(self):
        return "ones"


def run(recipe, **options):
    return train(LineFamily(), recipe, Ones(), **options)


def test_the_curve_is_thinned_to_means_of_equal_numbers_of_steps(monkeypatch):
    monkeypatch.setattr(loop, "POINT_EVERY", 2)
    monkeypatch.setattr(loop, "MOST_POINTS", 5)
    model = LineFamily().build(Line(n_steps=20), {})
    seen = []
    monkeypatch.setattr(Trained, "train_on_batch", lambda self, x, y: seen.append(float(x[0, 0])) or seen[-1])
    _, report = run(Line(n_steps=20))
    np.testing.assert_allclose(report["curve"]["loss"], np.reshape(seen, (5, 4)).mean(axis=1), atol=1e-4)
    assert model.curve_names == ("loss",) and report["n_steps"] == 20


@pytest.mark.parametrize(
    ("fixed", "taken", "then", "now", "refused"),
    [
        (0, 3, 8, 8, False),  # the same length
        (0, 3, 8, 12, True),  # a curve over all steps
        (-1, 3, 8, 12, False),  # nothing depends on the length
        (-1, 3, 8, 5, False),
        (4, 3, 8, 12, False),  # the rate falls in the last four steps, and has not begun
        (4, 6, 8, 12, True),  # it has
        (4, 3, 12, 6, True),  # it would have
    ],
)
def test_a_resume_that_cannot_be_exact_is_refused_with_the_reason(tmp_path, fixed, taken, then, now, refused):
    state = tmp_path / "state.npz"
    run(Line(n_steps=then, fixed=fixed), state_path=state, n_steps_now=taken)
    longer = Line(n_steps=now, fixed=fixed)
    if refused:
        with pytest.raises(ValueError, match=rf"has taken {taken} of {then} steps.*--steps {then}"):
            run(longer, state_path=state, resume=True)
    else:
        assert run(longer, state_path=state, resume=True)[1]["n_steps"] == now


def test_the_state_of_another_training_is_refused(tmp_path, monkeypatch):
    state = tmp_path / "state.npz"
    run(Line(n_steps=4), state_path=state, n_steps_now=2)
    with pytest.raises(ValueError, match="another training"):
        run(Line(n_steps=4, seed=3), state_path=state, resume=True)
    monkeypatch.setattr(Ones, "fingerprint", lambda self: "twos")
    with pytest.raises(ValueError, match="another training"):
        run(Line(n_steps=4), state_path=state, resume=True)


def test_what_goes_wrong_in_a_batch_is_not_swallowed(monkeypatch):
    def batches(self, model, recipe, train):
        return lambda step: 1 / (2 - step)

    monkeypatch.setattr(LineFamily, "batches", lambda *a: lambda step: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(Line(n_steps=4))


def test_without_resume_a_training_begins_anew(tmp_path):
    state = tmp_path / "state.npz"
    keras.utils.set_random_seed(1)
    run(Line(n_steps=4), state_path=state, n_steps_now=2)
    assert _step(state) == 2
    assert run(Line(n_steps=4), state_path=state)[1]["n_steps"] == 4
