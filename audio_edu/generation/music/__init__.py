"""Music as notes: melodies event after event, two bars from a few numbers, four parts voice after voice."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
