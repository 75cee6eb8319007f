"""Audio tagging: which of many things sound in a clip, all at once, and when."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
