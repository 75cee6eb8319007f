"""The measurements behind chapter 17's tables: ``python -m audio_edu.applications.restoration.experiments``.

``restorers_TASK.csv`` has a row for each passage of unseen speech, each condition and each system: SI-SDR,
the SNR and the level of the samples that were not known, PESQ and STOI. Passages are as in chapter 16. Needs
`pesq` and `pystoi`.
"""

import argparse
import csv
from pathlib import Path

from ...training import checkpoint_dir
from .data import load_pairs
from .evaluate import rows
from .family import load_restorer
from .recipe import TASKS

#: Passages of each kind.
N_PASSAGES = 12


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=checkpoint_dir())
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    args = parser.parse_args()
    corpus = load_pairs()
    for task in args.tasks:
        with open(args.out / f"restorers_{task}.csv", "w", newline="", encoding="utf-8") as file:
            writer = None
            for row in rows(load_restorer(task), corpus, n_passages=N_PASSAGES, listeners=True):
                if writer is None:
                    writer = csv.DictWriter(file, row)
                    writer.writeheader()
                writer.writerow({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()})
                file.flush()


if __name__ == "__main__":
    main()
