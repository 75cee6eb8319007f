"""A generative adversarial network: one network makes sounds, another tells them from real ones.

Both learn from the other's successes. ``formulas`` is the game itself, literally; ``toy`` is the game where
one can see and hear it; ``model`` has the two networks for spoken digits, made of ``layers``, which see what
``transform`` makes of a sound; ``train_step`` is one step of the game, ``data`` its batches, ``generate`` and
``evaluate`` what comes of it.

References
----------
Goodfellow and others (2014), Generative adversarial nets.
Donahue, McAuley and Puckette (2019), Adversarial audio synthesis.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
