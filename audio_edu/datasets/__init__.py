"""What the book listens to: each corpus is one module with one ``load_*`` function.

Every loader returns a `Corpus`: clips, labels, voices and an official split. `load_digits` and `load_notes`
read ``data/`` and need no network; `load_fsdd` and `load_speech_commands` fetch recordings of real people
once, when asked.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
