"""Recognising sound: three networks that look at time in three ways, and what they have in common.

`cnn` slides small filters over the spectrogram, `rnn` reads it frame by frame, `attention` looks at all of it
at once. Features, augmentation, batches, scores and the recogniser itself are the same for all three and are
here; a family's own package has its formulas, its network and its recipe.
"""

import lazy_loader as _lazy

from .._machine import check_backend as _check_backend

_check_backend()

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
