"""The optimizer that most families share: AdamW with a warm-up, half a cosine, and averaged weights."""

import keras


def adamw(
    n_steps: int,
    *,
    learning_rate: float,
    weight_decay: float,
    ema_decay: float,
    clipnorm: float | None = None,
) -> keras.optimizers.AdamW:
    """Return AdamW (Loshchilov and Hutter, 2019) for a training of known length.

    Parameters
    ----------
    n_steps : int
        The length. The rate rises during the first twentieth and falls along half a cosine.
    learning_rate : float
        The highest rate.
    weight_decay : float
        AdamW's.
    ema_decay : float
        The decay of the exponential moving average of the weights, which counts in the end.
    clipnorm : float, optional
        The largest norm of each variable's gradient.
    """
    n_warm, n_steps = max(1, n_steps // 20), max(2, n_steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20,
        n_steps - n_warm,
        alpha=0.01,
        warmup_target=learning_rate,
        warmup_steps=n_warm,
    )
    return keras.optimizers.AdamW(
        schedule, weight_decay=weight_decay, use_ema=True, ema_momentum=ema_decay, clipnorm=clipnorm
    )
