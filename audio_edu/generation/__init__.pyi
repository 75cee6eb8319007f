from . import gan as gan
from . import vae as vae
from . import wavenet as wavenet
