from .coding import Codec as Codec
from .family import load_codec as load_codec
from .formulas import AnsReader as AnsReader
from .formulas import ans_encode as ans_encode
from .formulas import entropy_bits as entropy_bits
from .formulas import quantize_residual as quantize_residual
from .formulas import whole_frequencies as whole_frequencies
from .recipe import CodecRecipe as CodecRecipe
