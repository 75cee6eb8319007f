"""Walking downhill: gradient descent, momentum, RMSprop and Adam, each in the lines of its formula.

All have the names and the numbers of Keras's optimizers, which do the same.

References
----------
Polyak (1964), Some methods of speeding up the convergence of iteration methods. Tieleman and Hinton (2012),
RMSprop. Kingma and Ba (2015), Adam: a method for stochastic optimization.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from .._validate import Positive, Share, Size, checked

Parameters = dict[str, float | np.ndarray]


@checked
@dataclass
class GradientDescent:
    """w ← w − μ g."""

    learning_rate: Positive

    @checked
    def step(self, name: str, w: float | np.ndarray, g: float | np.ndarray) -> np.ndarray:
        """Return the weights of that name after one step along the gradient g [shape of w]."""
        return w - self.learning_rate * g


@checked
@dataclass
class Momentum:
    """v ← β v − μ g, w ← w + v: a ball that rolls; where gradients agree, steps grow to μ/(1 − β)."""

    learning_rate: Positive
    momentum: Share = 0.9
    v: Parameters = field(default_factory=dict)

    @checked
    def step(self, name: str, w: float | np.ndarray, g: float | np.ndarray) -> np.ndarray:
        """Return the weights of that name after one step along the gradient g [shape of w]."""
        self.v[name] = self.momentum * self.v.get(name, 0.0) - self.learning_rate * g
        return w + self.v[name]


@checked
@dataclass
class RMSprop:
    """s ← ρ s + (1 − ρ) g², w ← w − μ g/√(s + ε): each weight has a step of its own."""

    learning_rate: Positive
    rho: Share = 0.9
    epsilon: Positive = 1e-7
    s: Parameters = field(default_factory=dict)

    @checked
    def step(self, name: str, w: float | np.ndarray, g: float | np.ndarray) -> np.ndarray:
        """Return the weights of that name after one step along the gradient g [shape of w]."""
        self.s[name] = self.rho * self.s.get(name, 0.0) + (1 - self.rho) * g**2
        return w - self.learning_rate * g / np.sqrt(self.s[name] + self.epsilon)


@checked
@dataclass
class Adam:
    """The direction of `Momentum` with the steps of `RMSprop`, both freed of their beginning at 0."""

    learning_rate: Positive
    beta_1: Annotated[float, (0.0, 0.999999)] = 0.9
    beta_2: Annotated[float, (0.0, 0.999999)] = 0.999
    epsilon: Positive = 1e-7
    m: Parameters = field(default_factory=dict)
    s: Parameters = field(default_factory=dict)
    t: dict[str, int] = field(default_factory=dict)

    @checked
    def step(self, name: str, w: float | np.ndarray, g: float | np.ndarray) -> np.ndarray:
        """Return the weights of that name after one step along the gradient g [shape of w]."""
        t = self.t[name] = self.t.get(name, 0) + 1
        # m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²
        self.m[name] = self.beta_1 * self.m.get(name, 0.0) + (1 - self.beta_1) * g
        self.s[name] = self.beta_2 * self.s.get(name, 0.0) + (1 - self.beta_2) * g**2
        # after t steps their weights sum to 1 − βᵗ, not to 1
        m, s = self.m[name] / (1 - self.beta_1**t), self.s[name] / (1 - self.beta_2**t)
        return w - self.learning_rate * m / (np.sqrt(s) + self.epsilon)


@runtime_checkable
class Optimizer(Protocol):
    """What all of them have in common."""

    def step(self, name: str, w: Any, g: Any) -> Any:
        """Return the weights of that name after one step along the gradient g [shape of w]."""


class Descent(NamedTuple):
    """What `descend` returns: the last parameters, the loss before each step, those kept by their step."""

    parameters: Parameters
    losses: np.ndarray
    kept: dict[int, Parameters]


@checked
def descend(
    loss_and_gradient: Callable[..., tuple[float, Parameters]],
    parameters: Parameters,
    batch: Callable[[int], tuple[Any, ...]],
    optimizer: Optimizer,
    n_steps: Size,
    *,
    keep: Iterable[int] = (),
) -> Descent:
    """Learn: look at a batch, find the gradient of the loss, take a step, and again.

    Parameters
    ----------
    loss_and_gradient : callable
        ``loss_and_gradient(parameters, *batch)`` returns the loss and its gradient, by the parameters' names.
    parameters : dict
        Where to begin; left as it is.
    batch : callable
        ``batch(step)`` returns the examples of a step.
    optimizer : GradientDescent, Momentum, RMSprop or Adam
        How a gradient becomes a step.
    n_steps : int
        How often.
    keep : iterable of int
        After how many steps to keep a copy of the parameters.

    Examples
    --------
    >>> def parabola(p):
    ...     return float(p["w"] ** 2), {"w": 2 * p["w"]}
    >>> found = descend(parabola, {"w": np.array(1.0)}, lambda step: (), GradientDescent(0.25), 3, keep=[1])
    >>> found.losses.tolist(), float(found.parameters["w"]), float(found.kept[1]["w"])
    ([1.0, 0.25, 0.0625], 0.125, 0.5)
    """
    losses, kept, keep = np.zeros(n_steps), {}, set(keep)
    for step in range(n_steps):
        if step in keep:
            kept[step] = parameters
        losses[step], gradient = loss_and_gradient(parameters, *batch(step))
        parameters = {name: optimizer.step(name, w, gradient[name]) for name, w in parameters.items()}
    if n_steps in keep:
        kept[n_steps] = parameters
    return Descent(parameters, losses, kept)
