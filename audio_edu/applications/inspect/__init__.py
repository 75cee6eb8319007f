"""Looking inside: what a network looks at, knows and remembers, and what would change its mind.

`saliency` draws maps and puts them to the test, `counterfactual` looks for the least change that changes the
answer, and `pictures` makes pictures speak. `speakers` tells voices apart, `anonymization` hides them, and
`watermark` marks what was generated. `experiments` also asks every layer what can be read from it, and
`privacy_experiments` what was trained on.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
