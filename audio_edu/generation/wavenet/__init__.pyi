from .family import FAMILY as FAMILY
from .family import load_wavenet as load_wavenet
from .model import WaveNet as WaveNet
from .recipe import RECIPES as RECIPES
from .recipe import TINY as TINY
from .recipe import WaveNetConfig as WaveNetConfig
from .recipe import WaveNetRecipe as WaveNetRecipe
