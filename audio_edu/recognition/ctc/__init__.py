"""Speech to text: connectionist temporal classification (CTC), its searches, and what follows the text."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
