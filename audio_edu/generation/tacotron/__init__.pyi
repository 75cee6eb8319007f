from .family import FAMILY as FAMILY
from .family import load_tacotron as load_tacotron
