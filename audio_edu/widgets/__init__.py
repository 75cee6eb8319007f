"""Listening to sound and exploring it, in JupyterLab and in the rendered book.

``listen``
    One sound: waveform, spectrogram, playhead; steered by mouse, touch and keyboard.
``compare``
    Several sounds at one position, equally loud, switched without a gap; also as a blind test.
``sound_map``
    A picture whose places sound when one touches them.
``abx_test``
    Trials of a blind listening test, with its result and its answers as a file.
``digit_drawing``
    A field to draw a digit in, which the page reads and speaks.
``explore``
    Sliders and choices over a function that draws a picture or makes a sound.

Everything they show is plain HTML that plays without scripts and needs no network.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
