"""The arithmetic of sound, in NumPy, SciPy and librosa.

`pcm` turns sound into numbers, `convolution` filters it, `spectrogram` shows which frequencies it holds, and
`synthesis` makes simple sounds to try things on. Every function is also here: ``audio_edu.signal.log_mel``.

Conventions: samples are floats with full scale ±1, time is the last axis, frequencies are in Hz.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
