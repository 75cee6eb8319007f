"""Scaling up: one training over several processes or machines, and one evaluation over several workers.

Training runs on JAX by `keras.distribution`: the step is written once, as for one process, and the compiler
adds what the processes have to tell each other. So batch norm's means, a game of two networks and a loss over
the whole batch keep their meaning, and every family can be trained so. PyTorch's DDP averages gradients of a
model that each process sees alone, and each keeps batch norm's means of its own part; under TensorFlow's
MultiWorkerMirroredStrategy Keras 3 cannot `fit`. Evaluation runs on Dask: clips are judged one by one, and
the workers need tell each other nothing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
