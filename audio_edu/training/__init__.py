"""How anything in this book is trained: one resumable loop, recipes, checkpoints with cards, states.

What is trained is a *family* (`audio_edu.training.family`): a package such as ``generation/gan`` that says
how its networks are built and what a batch is. All else is here, once.
"""

import lazy_loader as _lazy

from .._machine import check_backend as _check_backend

_check_backend()

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
