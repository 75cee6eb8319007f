from .family import FAMILY as FAMILY
from .family import load_vocoder as load_vocoder
from .model import Vocoder as Vocoder
from .recipe import RECIPES as RECIPES
from .recipe import TINY as TINY
from .recipe import VocoderRecipe as VocoderRecipe
