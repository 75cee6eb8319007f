"""The convolutional network: small filters, the same at every place of the spectrogram."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
