"""Scaling up: one training over several processes or machines, and one evaluation over several workers.

Training runs on JAX by `keras.distribution`: the step is written once, for one process; the compiler adds what
the processes have to tell each other. So batch norm's means, a game of two networks and a loss over the whole
batch keep their meaning, and every family can be trained so. PyTorch's DDP averages the gradients of one model,
and leaves the statistics of each process apart; TensorFlow's MultiWorkerMirroredStrategy needs steps written for
it. Evaluation runs on Dask, because clips are judged one by one and need tell each other nothing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
