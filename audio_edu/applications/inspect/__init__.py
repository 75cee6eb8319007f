"""Looking inside: what a network and a voice give away, and what one can do about it.

`speakers` finds who speaks, `membership` what was trained on, `anonymization` hides a voice, and `watermark`
marks a generated sound.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
