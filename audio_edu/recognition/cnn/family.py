"""The family of the convolutional network."""

from ..family import RecognizerFamily
from .model import build_cnn
from .recipe import RECIPES, TINY


class CnnFamily(RecognizerFamily):
    """Recognises spoken digits by small filters."""

    package, recipes, tiny = "recognition.cnn", RECIPES, TINY
    builder = staticmethod(build_cnn)


FAMILY = CnnFamily()
load_cnn = FAMILY.load
