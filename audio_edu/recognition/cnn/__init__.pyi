from .family import load_cnn as load_cnn
from .formulas import conv2d as conv2d
from .formulas import dense as dense
from .formulas import max_pool as max_pool
from .maps import apply_mask as apply_mask
from .maps import evidence_maps as evidence_maps
from .model import build_cnn as build_cnn
