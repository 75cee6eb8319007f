from .data import load_pairs as load_pairs
from .family import load_restorer as load_restorer
from .recipe import RestorationRecipe as RestorationRecipe
from .restore import Restorer as Restorer
