"""Generating sound: three families of networks that learn what sounds are like, and make new ones.

``gan`` learns against a critic, ``vae`` through a narrow description, ``wavenet`` sample after sample. Each
family's modules begin with its name: ``wavenet.py`` is the model, beside the literal NumPy form of its
formulas; ``wavenet_training.py`` trains it, ``wavenet_evaluation.py`` judges it, and so on; the command line
uses them (``audio-edu train``, ``evaluate``, ``generate``).
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
