"""The family of the recurrent network."""

from ..family import RecognizerFamily
from .model import build_rnn
from .recipe import RECIPES, TINY


class RnnFamily(RecognizerFamily):
    """Recognises spoken digits with a memory."""

    package, recipes, tiny = "recognition.rnn", RECIPES, TINY
    builder = staticmethod(build_rnn)


FAMILY = RnnFamily()
load_rnn = FAMILY.load
