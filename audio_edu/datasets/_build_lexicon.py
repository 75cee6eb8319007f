"""Building ``data/lexicon``: ``audio-edu data build lexicon``. espeak-ng says how each word is said."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ._build import write_folder, write_table
from ._shipped import read_index

#: Corpora whose words are in, and lists of the most frequent words of all (Debian's package scowl).
SPOKEN = ("prompts", "sentences", "words")
LISTS = ("english-words.10", "american-words.10", "english-contractions.10")
FOLDER = Path("/usr/share/dict/scowl")
#: Words that are not said as they are written.
IRREGULAR = """
aisle almond ballet biscuit borough bough bouquet bury chaos chemist choir chorus circuit colonel corps
cough debris debt depot dough epitome facade fatigue gauge ghost gnome heir honest iron island jeopardy
knight league leopard lieutenant mortgage ocean plough pneumonia psalm quay queue receipt recipe
rendezvous rhyme rhythm rough salmon sergeant subtle suite sword thorough tongue tortoise tough vehicle
women xylophone yacht
""".split()
#: espeak-ng's mnemonics -> phones. A vowel before *r* becomes two; a glide between vowels is left out.
MNEMONICS = {
    left: right
    for pair in """
    I=IH I#=IH I2=IH i=IY i:=IY E=EH a=AE aa=AE a#=AH @=AH @2=AH @-=AH V=AH 3=ER 3:=ER 0=AA A:=AA O:=AO
    O2=AO U=UH u:=UW eI=EY aI=AY aU=AW oU=OW OI=OY A@=AA,R e@=EH,R o@=AO,R O@=AO,R i@3=IH,R U@=UH,R i@=IY,AH
    aI@=AY,AH aI3=AY,ER @L=AH,L n-=AH,N p=P b=B t=T t#=T t2=T ?=T d=D k=K g=G tS=CH dZ=JH f=F v=V T=TH D=DH
    s=S z=Z S=SH Z=ZH h=HH m=M n=N N=NG l=L r=R r-=R w=W j=Y ;=
    """.split()
    for left, right in [pair.split("=")]
}


def build(out: Path) -> None:
    """Make the lexicon in the folder `out`.

    Raises
    ------
    RuntimeError
        If espeak-ng or the list of words is missing.
    """
    if shutil.which("espeak-ng") is None or not FOLDER.is_dir():
        raise RuntimeError(
            "Not on this machine: espeak-ng or scowl. "
            "On Debian or Ubuntu: sudo apt-get install espeak-ng scowl"
        )
    every = words()
    rows = [
        {"word": word, "phones": " ".join(phones)}
        for word, phones in zip(every, pronounce(every), strict=True)
    ]
    write_folder(out, lambda folder, name: write_table(folder, ("word", "phones"), rows))


def words() -> list[str]:
    """Return all words that the lexicon is to hold, in the order of the alphabet."""
    said = {word for name in SPOKEN for row in read_index(name) for word in row["label"].split()}
    common = {
        word
        for name in LISTS
        for word in (FOLDER / name).read_text("latin1").split()
        if word.isascii() and word.islower() and ("contractions" in name or "'" not in word)
    }
    return sorted(said | common | set(IRREGULAR))


def pronounce(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Ask espeak-ng for the phones of words, each said alone, as in America.

    Raises
    ------
    RuntimeError
        If it does not answer with one row of known mnemonics for each word.
    """
    command = ["espeak-ng", "-q", "-x", "--sep=_", "-v", "en-us"]
    text = "".join(f"{word}\n\n" for word in words)
    said = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    rows = [line.strip() for line in said.splitlines() if line.strip()]
    if len(rows) != len(words):
        raise RuntimeError(f"espeak-ng answered {len(rows)} rows for {len(words)} words.")
    found = []
    for word, row in zip(words, rows, strict=True):
        phones: list[str] = []
        for mnemonic in row.replace(" ", "_").split("_"):
            if (key := mnemonic.strip("',")) not in MNEMONICS:
                raise RuntimeError(f"espeak-ng says {row!r} for {word!r}; {key!r} stands for no phone.")
            # r behind a vowel that has it in it is said once
            phones += [
                p
                for p in MNEMONICS[key].split(",")
                if p and not (p == "R" and phones[-1:] in (["R"], ["ER"]))
            ]
        found.append(tuple(phones))
    return found
