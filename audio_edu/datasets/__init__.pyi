from .corpus import Corpus as Corpus
from .digits import load_digits as load_digits
from .fsdd import load_fsdd as load_fsdd
from .notes import load_notes as load_notes
from .speech_commands import load_speech_commands as load_speech_commands
