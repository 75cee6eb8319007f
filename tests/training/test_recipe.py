"""Recipes: to JSON and back, changed by field, refused when they are another kind's."""

import json
from dataclasses import dataclass, field

import pytest

from audio_edu.training import Recipe, changed, from_json, to_json


@dataclass(frozen=True)
class Part:
    level_db: tuple[float, float] = (1.0, 2.0)
    on: bool = True


@dataclass(frozen=True, kw_only=True)
class Mine(Recipe):
    kind: str = "a"
    sizes: tuple[int, ...] = (1, 2)
    part: Part = field(default_factory=Part)


def test_a_recipe_survives_json():
    recipe = Mine(n_steps=4, sizes=(3,), part=Part((0.5, 1.0), on=False))
    assert from_json(json.loads(json.dumps(to_json(recipe))), Mine) == recipe


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"n_steps": 4, "gravity": 1}, "gravity"),
        ({"n_steps": 4, "part": {"gravity": 1}}, "gravity"),
        ({"n_steps": "many"}, "n_steps"),
        ({"n_steps": 0}, "n_steps"),
        ({}, "n_steps"),
    ],
)
def test_what_is_no_recipe_is_refused(values, complaint):
    with pytest.raises(ValueError, match=complaint):
        from_json(values, Mine)


def test_fields_are_changed_by_their_paths():
    recipe = changed(Mine(n_steps=4), {"seed": 3, "part.on": False, "sizes": [5]})
    assert recipe == Mine(n_steps=4, seed=3, sizes=(5,), part=Part(on=False))
    for path in ("gravity", "part.gravity", "kind.x"):
        with pytest.raises(ValueError, match="no field"):
            changed(recipe, {path: 1})
    with pytest.raises(ValueError, match="n_steps"):
        changed(recipe, {"n_steps": -1})
