"""The layer of the codec: the residual quantiser.

References
----------
Zeghidour and others (2021), SoundStream (residual quantisation, dropped stages).
van den Oord and others (2017), Neural discrete representation learning (codes by moving averages).
"""

from typing import Any

from keras import layers, ops


class ResidualQuantizer(layers.Layer):
    """Vectors [shape=(B, T, D)] to codes, stage after stage: each codes what the stages before it left over.

    The codes are no weights that a gradient moves, but moving averages of the vectors that chose them.

    Parameters
    ----------
    n_stages, n_codes : int
        Stages, and codes of each.
    decay : float
        The decay of the moving averages.
    dead : float
        A code that is used less often than this share of the average is replaced by a vector of the batch.
    """

    def __init__(self, n_stages: int, n_codes: int, decay: float, dead: float, **options: Any):
        super().__init__(**options)
        self.n_stages, self.n_codes, self.decay, self.dead = n_stages, n_codes, decay, dead

    def build(self, shape: tuple) -> None:
        """Make the codebooks [shape=(n_stages, n_codes, D)], and how often each code is used."""
        size = (self.n_stages, self.n_codes)
        self.codebooks = self.add_weight(
            name="codebooks", shape=(*size, shape[-1]), initializer="zeros", trainable=False
        )
        self.counts = self.add_weight(name="counts", shape=size, initializer="zeros", trainable=False)

    def call(self, z: Any, depth: Any, draws: Any = None) -> tuple[Any, Any, Any, Any]:
        """Quantise; with `draws`, learn.

        Parameters
        ----------
        z : tensor [shape=(B, T, D)]
            Vectors.
        depth : tensor [shape=(B, T)]
            How many stages each vector gets.
        draws : tensor [shape=(n_stages, n_codes)], optional
            For each code the number, in ``range(B · T)``, of the vector that replaces it if it is dead.

        Returns
        -------
        quantized : tensor [shape=(B, T, D)]
            The sum of the codes chosen.
        codes : tensor [shape=(B, T, n_stages)]
            Which they were; beyond the depth they mean nothing.
        commitment : tensor
            ``Σ_s mean |z − sg(ẑ_s)|²``, ẑ_s what s stages make of z: how far z is from what it became.
        perplexity : tensor
            How many codes of a stage are in use, as a mean over the stages.
        """
        rows = ops.reshape(z, (-1, z.shape[-1]))
        depth = ops.reshape(depth, (-1, 1))
        residual = ops.stop_gradient(rows)
        total, commitment, chosen, books, counts = ops.zeros_like(residual), 0.0, [], [], []
        for stage in range(self.n_stages):
            book, count = self.codebooks[stage], self.counts[stage]
            if draws is not None:
                # a dead code becomes the residual of a vector drawn from the batch
                mean = ops.mean(count)
                dead = count <= self.dead * mean
                book = ops.where(dead[:, None], ops.take(residual, draws[stage], axis=0), book)
                count = ops.where(dead, mean, count)
            # i = argmin_k |r − e_k|² = argmin_k |e_k|² − 2 r·e_k
            distance = ops.sum(ops.square(book), axis=1) - 2 * ops.matmul(residual, ops.transpose(book))
            code = ops.argmin(distance, axis=1)
            active = ops.cast(depth > stage, "float32")
            if draws is not None:
                book, count = self._average(book, count, residual, code, active)
            step = active * ops.take(self.codebooks[stage] if draws is None else book, code, axis=0)
            total, residual = total + step, residual - step
            commitment += ops.mean(active * ops.square(rows - total))
            chosen.append(code)
            books.append(book)
            counts.append(count)
        if draws is not None:
            self.codebooks.assign(ops.stack(books))
            self.counts.assign(ops.stack(counts))
        shape = ops.shape(z)
        share = ops.stack(counts) / (ops.sum(ops.stack(counts), axis=1, keepdims=True) + 1e-9)
        perplexity = ops.mean(ops.exp(-ops.sum(share * ops.log(share + 1e-9), axis=1)))
        codes = ops.reshape(ops.stack(chosen, axis=-1), (*shape[:2], self.n_stages))
        return ops.reshape(total, shape), codes, commitment, perplexity

    def _average(self, book: Any, count: Any, residual: Any, code: Any, active: Any) -> tuple[Any, Any]:
        """Move each code towards the mean of the vectors that chose it."""
        member = active * ops.one_hot(code, self.n_codes)
        n = ops.sum(member, axis=0)
        # N ← γ N + (1 − γ) n,   e ← (γ N e + (1 − γ) Σ r) / N
        new = self.decay * count + (1 - self.decay) * n
        sums = self.decay * count[:, None] * book
        sums += (1 - self.decay) * ops.matmul(ops.transpose(member), residual)
        return ops.where((new > 0)[:, None], sums / ops.maximum(new, 1e-9)[:, None], book), new

    def embed(self, codes: Any, depth: Any) -> Any:
        """Return the sum of the codes [shape=(B, T, D)] of the first `depth` stages."""
        total = 0.0
        for stage in range(self.n_stages):
            active = ops.cast(ops.expand_dims(depth, -1) > stage, "float32")
            total += active * ops.take(self.codebooks[stage], codes[..., stage], axis=0)
        return total
