"""Flow: sound from noise, in one pass, by a network that runs backwards as well as forwards."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
