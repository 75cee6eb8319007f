from .family import FAMILY as FAMILY
from .family import load_flow as load_flow
from .model import Flow as Flow
from .recipe import RECIPES as RECIPES
from .recipe import TINY as TINY
from .recipe import FlowConfig as FlowConfig
from .recipe import FlowRecipe as FlowRecipe
