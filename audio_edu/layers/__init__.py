"""Formulas in NumPy and layers in Keras that more than one family uses."""

import lazy_loader as _lazy

from .._machine import check_backend as _check_backend

_check_backend()

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
