"""The measurements behind chapter 8's tables: ``python -m audio_edu.recognition.ctc.experiments WHAT``.

``transcripts``
    ``transcripts.csv``: what each system writes of every clip that none of them learned from. With ``--data``
    also of rows of digits glued from recordings of people; their sounds stay where they are, their
    transcripts may be printed. PocketSphinx takes part where it is installed, and with ``--early`` another
    checkpoint of ``ctc``: after as many steps as ``ctc_causal`` (``audio-edu train ctc --steps 2819``).
``times``
    ``times.csv``: when words begin and end, by forced alignment, and in truth, in glued rows of digits.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Corpus, load_digits, load_prompts, load_sentences
from ...datasets.digits import DIGIT_NAMES
from ...reproducible import SEED
from ...training import checkpoint_dir, checkpoint_path, write_table
from .data import strings_of_digits
from .evaluate import language_for
from .family import load_ctc
from .formulas import beam_search, decode
from .language import Grammar, WordNGrams
from .recognize import TRACTS

System = Callable[[np.ndarray], str]


def sets(data: Path | None) -> Iterator[tuple[str, Corpus]]:
    """Yield what is written down: clips of voices and texts that the synthetic training had not."""
    yield "sentences", load_sentences().test
    prompts = load_prompts().test
    yield "number words", prompts.select(prompts.info["kind"] == "number")
    yield "prompts", prompts.select(prompts.info["kind"] == "prompt")
    if data:
        yield "fsdd", strings_of_digits(data)


def systems(name: str, clips: Corpus, early: Path | None) -> Iterator[tuple[str, System]]:
    """Yield what writes, for a set of clips: the networks, with and without a language."""
    ctc = load_ctc()
    # what may be said: the ten digits; the sentences of the training; or, of single words, those as often
    bigrams = WordNGrams(load_sentences().development.targets.texts, 2)
    words = Grammar(sorted({word for text in clips.targets.texts for word in text.split()}))
    language = {"fsdd": Grammar(DIGIT_NAMES), "number words": words}.get(name, bigrams)
    lexicon = Grammar(language.words)
    yield "greedy", ctc.transcribe
    yield "tracts greedy", lambda x: ctc.transcribe(x, tracts=TRACTS)
    yield "beam", lambda x: decode(beam_search(ctc.log_probabilities(x)))
    if name != "prompts":
        yield "lexicon", lambda x: ctc.transcribe(x, lexicon)
        yield "tracts lexicon", lambda x: ctc.transcribe(x, lexicon, tracts=TRACTS)
    if name == "sentences":
        fivegrams = language_for("sentence")
        yield "bigrams", lambda x: ctc.transcribe(x, bigrams)
        yield "fivegrams", lambda x: ctc.transcribe(x, fivegrams)
        yield "tracts fivegrams", lambda x: ctc.transcribe(x, fivegrams, tracts=TRACTS)
    for other in ("ctc_causal", "ctc_prompts"):
        if checkpoint_path(other).is_file():
            yield f"{other.removeprefix('ctc_')} greedy", load_ctc(other).transcribe
    if name in ("fsdd", "number words") and checkpoint_path("ctc_prompts").is_file():
        on_her = load_ctc("ctc_prompts")
        yield "prompts lexicon", lambda x: on_her.transcribe(x, lexicon)
    if early:
        yield "early greedy", load_ctc(early).transcribe
    if name in ("fsdd", "number words"):  # with a hundred words it takes seconds for each
        try:
            yield "pocketsphinx", pocketsphinx(language.words)
        except ImportError:
            return


def pocketsphinx(words: Sequence[str]) -> System:
    """Return PocketSphinx, told that any row of some words may be said."""
    import librosa
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, loglevel="FATAL", **({} if words is None else {"lm": None}))
    if words is not None:
        known = [word for word in words if decoder.lookup_word(word)]
        decoder.add_jsgf_string(
            "rows", f"#JSGF V1.0; grammar rows; public <row> = ( {' | '.join(known)} )+ ;"
        )
        decoder.activate_search("rows")

    def write(x: np.ndarray) -> str:
        x = np.pad(librosa.resample(x, orig_sr=8000, target_sr=16000), 4000)
        decoder.start_utt()
        decoder.process_raw((x / np.abs(x).max() * 20000).astype(np.int16).tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return found.hypstr.lower() if found else ""

    return write


def transcripts(data: Path | None, early: Path | None, only: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each clip and system."""
    for name, clips in sets(data):
        if only and name not in only:
            continue
        for system, write in systems(name, clips, early):
            for x, voice, truth in zip(clips.audio, clips.voices, clips.targets.texts, strict=True):
                started = time.perf_counter()
                text = write(x)
                row = {"set": name, "voice": voice, "system": system, "truth": truth, "text": text}
                yield row | {
                    "sound_s": f"{len(x) / clips.sample_rate:.2f}",
                    "seconds": f"{time.perf_counter() - started:.3f}",
                }


def times(split: str = "test") -> Iterator[dict[str, Any]]:
    """Yield a row for each word of glued rows of digits: when it is said, and when the network thinks so."""
    model, digits = load_ctc(), load_digits().part(split)
    rng = np.random.default_rng(SEED)
    for number in range(100):
        voice = rng.choice(digits.voices)
        rows = rng.choice(np.flatnonzero(digits.voices == voice), 4)
        spans, x = [], np.zeros(0, np.float32)
        for i in rows:
            gap = np.zeros(int(rng.uniform(0.05, 0.3) * digits.sample_rate), np.float32)
            spans.append((len(x) + len(gap), len(x) + len(gap) + len(digits.audio[i])))
            x = np.concatenate([x, gap, digits.audio[i]])
        text = " ".join(digits.label_names[digits.labels[i]] for i in rows)
        for word, (start, end) in zip(model.align(x, text), spans, strict=True):
            true = {"true_start_s": f"{start / 8000:.3f}", "true_end_s": f"{end / 8000:.3f}"}
            found = {"start_s": f"{word.start_s:.3f}", "end_s": f"{word.end_s:.3f}"}
            yield {"row": number, "voice": voice, "word": word.text} | true | found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m audio_edu.recognition.ctc.experiments")
    parser.add_argument("what", choices=("transcripts", "times"))
    parser.add_argument("--data", type=Path, help="recordings named {digit}_{speaker}_{take}.wav")
    parser.add_argument("--early", type=Path, help="a checkpoint of `ctc` after fewer steps (.npz)")
    parser.add_argument("--only", nargs="+", default=[], metavar="SET", help="write down these sets alone")
    parser.add_argument("--out", type=Path, help="the table to write; default: beside the checkpoints")
    args = parser.parse_args(argv)
    out = args.out or checkpoint_dir() / f"{args.what}.csv"
    rows = transcripts(args.data, args.early, args.only) if args.what == "transcripts" else times()
    print(f"{out}: {write_table(out, rows)} rows")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
