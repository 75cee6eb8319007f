"""Recipes: everything that decides what comes out of a training, as small frozen dataclasses.

A recipe goes into the card of what was trained by it, as JSON, and comes back from there. A card with a field
that the recipe no longer has is refused: it would describe another training.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import cattrs

from .._validate import check_range
from ..reproducible import SEED

R = TypeVar("R", bound="Recipe")

#: The longest training.
MOST_STEPS = 10**9

_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What every recipe has; families add their own fields.

    Parameters
    ----------
    n_steps : int
        How many batches are learned from.
    seed : int
        Where all chance comes from.
    """

    n_steps: int
    seed: int = SEED

    def __post_init__(self) -> None:
        check_range(self.n_steps, "n_steps", 1, MOST_STEPS, integer=True)
        check_range(self.seed, "seed", 0, 2**32 - 1, integer=True)

    @property
    def n_steps_alike(self) -> int:
        """How many first steps would be the same in a longer training.

        None, where the learning rate follows a curve that is stretched over all steps; a family whose
        schedule knows the end only near the end, or not at all, says so here.
        """
        return 0


def check_sizes(recipe: Any, **most: int) -> None:
    """Check the sizes of a network before it is built: each is at least 1, and not beyond all memory.

    Parameters
    ----------
    recipe : dataclass
        Whose fields: whole numbers, or tuples of them.
    most : int
        By field: the largest allowed.

    Raises
    ------
    TypeError
        If one is not a whole number.
    ValueError
        If one is out of range.
    """
    for name, largest in most.items():
        value = getattr(recipe, name)
        for each in value if isinstance(value, tuple) else (value,):
            check_range(each, name, 1, largest, integer=True)


def to_json(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as what JSON can hold: dictionaries, lists, numbers and texts.

    Examples
    --------
    >>> to_json(Recipe(n_steps=3, seed=1))
    {'n_steps': 3, 'seed': 1}
    """
    return json.loads(json.dumps(asdict(recipe)))


def from_json(values: dict[str, Any], kind: type[R]) -> R:
    """Return the recipe that `to_json` made these values of.

    Raises
    ------
    ValueError
        If a field is unknown to this kind of recipe, or a value is not of its type or range.

    Examples
    --------
    >>> from_json({"n_steps": 3, "seed": 1}, Recipe)
    Recipe(n_steps=3, seed=1)
    """
    try:
        return _CONVERTER.structure(values, kind)
    except Exception as error:
        said = "; ".join(cattrs.transform_error(error, path="recipe", format_exception=_reason))
        raise ValueError(f"not a {kind.__name__}: {said}.") from error


def _reason(error: BaseException, kind: type | None) -> str:
    """A recipe's own checks name the field and the value already."""
    return str(error) if type(error) is ValueError else cattrs.v.format_exception(error, kind)


def changed(recipe: R, changes: dict[str, Any]) -> R:
    """Return a recipe with some fields changed, also of the parts that it is made of.

    Parameters
    ----------
    recipe : Recipe
        What to begin with.
    changes : dict
        New values by field; a dot leads into a part: ``{"augmentation.noise": 0.0}``.

    Raises
    ------
    ValueError
        If there is no such field, or the value does not fit it.

    Examples
    --------
    >>> changed(Recipe(n_steps=3), {"seed": 7})
    Recipe(n_steps=3, seed=7)
    """
    values = to_json(recipe)
    for path, value in changes.items():
        *parents, name = path.split(".")
        part = values
        for parent in parents:
            part = part.get(parent) if isinstance(part, dict) else None
        if not isinstance(part, dict) or name not in part:
            known = ", ".join(part if isinstance(part, dict) else values)
            raise ValueError(f"{type(recipe).__name__} has no field {path!r}; there are {known}.")
        part[name] = value
    return from_json(values, type(recipe))
