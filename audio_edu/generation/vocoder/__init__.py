"""Vocoder: sound of a mel spectrogram, by a network that gives magnitudes and phases."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
