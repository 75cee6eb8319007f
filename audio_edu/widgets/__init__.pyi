from .explorer import Explorer as Explorer
from .explorer import explore as explore
from .player import Player as Player
from .player import compare as compare
from .player import listen as listen
