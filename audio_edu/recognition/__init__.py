"""Recognizing sound: three networks that look at time in three ways, and what trains and judges them.

``cnn`` slides small filters over the spectrogram, ``rnn`` reads it from left to right, ``attention`` looks
at all of it at once. The literal NumPy form of each formula stands beside the Keras layer.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
