from .explorer import Explorer as Explorer
from .explorer import explore as explore
from .map import sound_map as sound_map
from .player import Player as Player
from .player import compare as compare
from .player import listen as listen
from .recognizer import digit_recognizer as digit_recognizer
from .table import table as table
