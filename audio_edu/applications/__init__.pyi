from . import codec as codec
from . import compact as compact
from . import evaluation as evaluation
from .codec import Codec as Codec
from .codec import load_codec as load_codec
