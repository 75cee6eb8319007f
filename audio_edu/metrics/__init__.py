"""How good is it? Scores of answers and of distributions; what is scored is passed in, and so is a judge."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
