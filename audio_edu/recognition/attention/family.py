"""The family of the attention network."""

from ..family import RecognizerFamily
from .model import build_attention
from .recipe import RECIPES, TINY


class AttentionFamily(RecognizerFamily):
    """Recognises spoken digits by looking at all frames at once."""

    package, recipes, tiny = "recognition.attention", RECIPES, TINY
    builder = staticmethod(build_attention)


FAMILY = AttentionFamily()
load_attention = FAMILY.load
