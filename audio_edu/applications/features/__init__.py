"""What generative models know, put to use: recognising by Bayes' rule, features, retrieval, editing.

Nothing is trained here but linear maps. `recognize` asks a WaveNet which digit makes a recording likeliest;
`embed` sums recordings up in a few numbers, as a trained network sees them; `edit` finds directions in a
latent space and measures what moves; ``formulas`` has the arithmetic.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
