"""``data/prompts``: a real person's telephone prompts with their text, 8 kHz.

Its card, ``data/prompts/README.md``, names the speaker and the terms.
"""

from ._shipped import load_shipped
from .corpus import Corpus
from .targets import Transcripts


def load_prompts() -> Corpus:
    """Load the telephone prompts: one American voice, Allison Smith, recorded in a studio.

    The targets are `Transcripts`: lower-case letters, spaces and apostrophes, numbers spelt out. The text of
    a prompt is in one split only, even where it is said twice. Numbers and letters are all in ``test``; three
    of them are the text of a training prompt, too.

    Returns
    -------
    Corpus
        ``info`` has the columns ``kind`` (``prompt``, ``number`` or ``letter``) and ``name`` (the prompt's
        name in the collection it comes from).

    Raises
    ------
    FileNotFoundError
        If ``data/prompts`` is not there.

    Examples
    --------
    >>> prompts = load_prompts()
    >>> one = prompts.select(prompts.info["name"] == "digits/1")
    >>> one.targets.texts
    ('one',)
    """
    return load_shipped(
        "prompts",
        targets=Transcripts,
        numbers={},
        licence="CC BY-SA 3.0, Allison Smith (see data/prompts/README.md)",
    )
