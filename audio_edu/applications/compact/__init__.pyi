from .folding import fold_batch_norm as fold_batch_norm
from .folding import folded_weights as folded_weights
