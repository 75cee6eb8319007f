from .family import load_rnn as load_rnn
from .formulas import gru_step as gru_step
from .formulas import lstm_step as lstm_step
from .formulas import rnn as rnn
from .formulas import rnn_step as rnn_step
from .model import build_rnn as build_rnn
from .model import from_keras as from_keras
from .model import gradient_norms as gradient_norms
