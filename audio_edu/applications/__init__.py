"""Models put to work: what a network that has learned sounds is good for.

`codec` makes small files of speech, and speech of small files.
"""

import lazy_loader as _lazy

from .._machine import check_backend as _check_backend

_check_backend()

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
