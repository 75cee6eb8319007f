from .activations import relu as relu
from .activations import sigmoid as sigmoid
from .activations import softmax as softmax
from .convnext import ConvNeXt as ConvNeXt
from .pooling import MaskedPooling as MaskedPooling
