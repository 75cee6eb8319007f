"""The code behind *Hearing Machines*, a teaching book on deep learning for audio.

Sub-packages, in the only order in which they may import one another:

``signal``
    The arithmetic of sound in NumPy, SciPy and librosa. Knows no network.
``datasets``
    One module a corpus, one ``load_*`` function a module.
``recognition``
    Three networks for spoken digits, the formulas in NumPy beside them, their training and evaluation.
``generation``
    Three networks that make sound, their training and evaluation.
``plots``, ``widgets``
    Figures; listening to sound and exploring it, in Jupyter and in the rendered book.

Nothing heavy is imported until it is used: ``import audio_edu`` takes a few milliseconds.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["datasets", "generation", "plots", "recognition", "signal", "widgets"]
)
__version__ = "0.1.0"
