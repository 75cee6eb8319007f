"""The exercises: what is asked, what is right, and which mistake a wrong answer most likely is.

``check("02-1", answer)`` is all that a chapter calls. What is right stands in ``02.toml``, what has to be
measured (a filter, a network, a whole sound) in ``measure_02.py``; neither is shown to the reader.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
