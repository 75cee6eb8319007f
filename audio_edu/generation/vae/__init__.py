"""A variational autoencoder of musical notes: a few numbers from which a note can be heard.

A note becomes a picture (`features`), the picture coordinates along principal directions (`pca`, `data`),
and those a small cloud of latent numbers and back again (`formulas` in NumPy, `model` in Keras). What a
trained one is for is in `generate`, where its instruments lie in `instruments`, how good it is in `evaluate`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
