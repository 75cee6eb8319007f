from . import codec as codec
from . import compact as compact
from .codec import Codec as Codec
from .codec import load_codec as load_codec
