"""How deep a plain network learns, and how deep one with residual connections: both by hand.

All layers but the first and the last are alike: ``h ← f(W h + b)`` or ``h ← h + α f(W h + b)``. Initial
weights, batches and optimizer are the same.

References
----------
He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition.
"""

from dataclasses import dataclass

import numpy as np

from ..._validate import Size, check_choice, checked

KINDS = ("plain", "residual", "plain, scaled", "sum alone")


@checked
@dataclass(frozen=True)
class DepthResult:
    """What `train_deep` found.

    Parameters
    ----------
    losses : np.ndarray [shape=(n_steps,)]
        Cross-entropy of each batch (nats).
    gradient : np.ndarray [shape=(depth,)]
        RMS of the gradient of each layer's weights, before the first step.
    accuracy : float
        On the test clips.
    """

    losses: np.ndarray
    gradient: np.ndarray
    accuracy: float


@checked
def train_deep(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    depth: Size,
    kind: str = "plain",
    width: Size = 48,
    n_steps: Size = 300,
    seed: int = 0,
) -> DepthResult:
    """Train a network of many equal layers by Adam, with gradients by hand.

    Parameters
    ----------
    train, test : (x, labels)
        Clips [shape=(n_clips, n_features)] and whole numbers [shape=(n_clips,)].
    depth : int
        How many equal layers, between one layer in and one layer out.
    kind : {"plain", "residual", "plain, scaled", "sum alone"}
        ``h ← f(z)``, ``h ← h + α f(z)``, ``h ← α f(z)`` or ``h ← h + f(z)``, with ``z = W h + b``,
        ``f`` ReLU and ``α = 1/√depth``, so that a sum of many layers grows slowly. The third has
        the factor and no sum, the fourth the sum and no factor.
    width : int
        Numbers in h.
    n_steps : int
        Batches of 64.
    seed : int
        Of weights and batches; the same for all kinds.

    Returns
    -------
    DepthResult

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, labels = rng.standard_normal((64, 5)), rng.integers(3, size=64)
    >>> len(train_deep((x, labels), (x, labels), depth=2, n_steps=3).losses)
    3
    """
    check_choice(kind, "kind", KINDS)
    rng = np.random.default_rng(seed)
    x, labels = train[0].astype(np.float32), train[1].astype(int)
    n_classes = int(labels.max()) + 1
    keep = float(kind in ("residual", "sum alone"))
    alpha = depth**-0.5 if kind in ("residual", "plain, scaled") else 1.0
    shapes = [(x.shape[1], width), *[(width, width)] * depth, (width, n_classes)]
    # He: a variance of 2 / n_in keeps the size of what ReLU lets through
    weights = [rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)).astype(np.float32) for n_in, n_out in shapes]
    weights += [np.zeros(n_out, np.float32) for _, n_out in shapes]
    n = len(shapes)

    def forward(x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
        hs, zs = [x], []
        for i in range(n - 1):
            zs.append(hs[-1] @ weights[i] + weights[n + i])
            f = np.maximum(zs[-1], 0)
            # h ← h + α f(W h + b)
            hs.append(f if i == 0 else keep * hs[-1] + np.float32(alpha) * f)
        return hs, zs, hs[-1] @ weights[n - 1] + weights[2 * n - 1]

    def gradients(x: np.ndarray, labels: np.ndarray) -> tuple[float, list[np.ndarray]]:
        hs, zs, logits = forward(x)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(x))
        loss = float(-np.log(np.maximum(p[rows, labels], 1e-30)).mean())
        p[rows, labels] -= 1
        g, found = p / len(x), [np.zeros(0, np.float32)] * (2 * n)
        for i in range(n - 1, -1, -1):
            if i == n - 1:
                d = g
            else:
                d = g * (zs[i] > 0) * np.float32(1.0 if i == 0 else alpha)
            found[i], found[n + i] = hs[i].T @ d, d.sum(axis=0)
            # ∂L/∂h_{l−1} = ∂L/∂h_l + α Wᵀ (f′ ∂L/∂h_l): the first term has no factor
            g = d @ weights[i].T + (keep * g if 0 < i < n - 1 else 0)
        return loss, found

    at_start = gradients(x[:512], labels[:512])[1]
    gradient = np.array([np.sqrt(np.mean(np.square(g, dtype=np.float64))) for g in at_start[1 : n - 1]])
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    losses = np.empty(n_steps)
    for step in range(1, n_steps + 1):
        batch = rng.integers(len(x), size=64)
        losses[step - 1], found = gradients(x[batch], labels[batch])
        for w, g, m, v in zip(weights, found, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= 1e-3 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    right = forward(test[0].astype(np.float32))[2].argmax(axis=1) == test[1]
    return DepthResult(losses, gradient, float(right.mean()))
