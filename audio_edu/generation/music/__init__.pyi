from .family import FAMILY as FAMILY
from .family import load_music as load_music
from .recipe import RECIPES as RECIPES
from .recipe import TINY as TINY
from .recipe import MusicRecipe as MusicRecipe
