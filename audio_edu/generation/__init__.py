"""Generating sound: four families of networks that learn what sounds are like, and make new ones.

`gan` learns against a critic, `vae` through a narrow description, `wavenet` sample after sample,
`flow` by a network that runs backwards.
"""

import lazy_loader as _lazy

from .._machine import check_backend as _check_backend

_check_backend()

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
