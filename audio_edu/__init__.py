"""The code behind *Hearing Machines*, a teaching book on deep learning for audio.

Sub-packages from the ground up; each may import those above it in this list, and no other:

``signal``
    The arithmetic of sound in NumPy, SciPy and librosa. Knows no network.
``datasets``
    One module a corpus, one ``load_*`` function a module.
``metrics``
    Scores of answers and of distributions.
``layers``
    Formulas in NumPy and layers in Keras that several families use.
``training``
    The one resumable loop, recipes, checkpoints with cards, and what a family is.
``recognition``, ``generation``
    The families: a package each, with the same files in all of them. Neither imports the other.
``plots``, ``widgets``, ``exercises``
    Figures; listening to sound and exploring it, in Jupyter and in the rendered book; checks.
``families``, ``bench``, ``cli``
    The table of all families, and the command line, which knows them through it alone.

Nothing heavy is imported until it is used: ``import audio_edu`` takes a few milliseconds.
"""

import lazy_loader as _lazy

from ._machine import settle as _settle

_settle()

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "datasets",
        "generation",
        "layers",
        "metrics",
        "plots",
        "recognition",
        "signal",
        "training",
        "widgets",
    ],
)
__version__ = "0.1.0"
