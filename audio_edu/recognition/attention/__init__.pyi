from .family import load_attention as load_attention
from .formulas import attention as attention
from .formulas import positions as positions
from .model import AttentionPooling as AttentionPooling
from .model import SelfAttention as SelfAttention
from .model import WordPositions as WordPositions
from .model import attention_weights as attention_weights
from .model import build_attention as build_attention
