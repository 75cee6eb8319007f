"""Text to speech: from letters to the frames of a mel spectrogram, by attention or by counted durations."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
