"""`digit_recognizer`: a button, a microphone, and the network that answers in the page."""

import base64

from .._assets import is_static
from .._validate import checked
from ._element import with_own_assets


class PageRecognizer:
    """A recogniser as a page shows it; see `digit_recognizer`."""

    def __repr__(self) -> str:
        return "digit recogniser: a microphone or a file in, one of ten words out"

    def _repr_html_(self) -> str:
        if is_static():  # the page loads the script, and the script loads the weights when it is asked
            return _element("")
        return with_own_assets("recognizer", _element(packed_weights()))


def _element(weights: str) -> str:
    held = f' data-weights="{weights}"' if weights else ""
    return (
        f'<digit-recognizer class="ae-explorer" role="group" aria-label="Digit recogniser"{held}>'
        '<p class="ae-plain">With scripts switched on, this place listens to a digit and names it.</p>'
        "</digit-recognizer>"
    )


def packed_weights() -> str:
    """The shipped network's folded weights as float16 numbers in base64, in the order of the script."""
    from ..applications.compact.formulas import fold_all
    from ..datasets import data_dir
    from ..training.files import read_arrays

    weights = fold_all(read_arrays(data_dir() / "checkpoints" / "cnn.npz"))
    data = b"".join(each.astype("<f2").tobytes() for each in weights.values())
    return base64.b64encode(data).decode("ascii")


def weights_script() -> str:
    """The script ``digit_weights.js``, which pages load when a reader wants to speak."""
    return f'digitRecognizer.weights = "{packed_weights()}";\n'


@checked
def digit_recognizer() -> PageRecognizer:
    """Show a button: press it, say a digit, and the shipped convolutional network answers in the page.

    Features and network are computed by a script in the browser, from the microphone or from a file. No
    kernel takes part, and no sound leaves the computer.

    Returns
    -------
    PageRecognizer
        Shown when it is a cell's last value.

    Examples
    --------
    >>> digit_recognizer()
    digit recogniser: a microphone or a file in, one of ten words out
    """
    return PageRecognizer()
