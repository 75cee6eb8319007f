from .data import load_speech as load_speech
from .family import load_codec as load_codec
from .model import Codec as Codec
from .recipe import CodecRecipe as CodecRecipe
