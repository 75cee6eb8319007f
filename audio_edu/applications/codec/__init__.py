"""A neural codec: speech to a few hundred codes a second, codes to a file, and all the way back."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
