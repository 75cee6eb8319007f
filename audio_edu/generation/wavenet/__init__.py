"""WaveNet: sound sample after sample, each drawn from probabilities that a network computes from the past."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
