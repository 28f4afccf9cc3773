"""How many of the thirteen verdicts agree between two halves of one study, and what would more finetuning seeds do?

    python benchmarks/agreement.py [--profiles thorough thorough-world3] [--seeds 1 2 3] [--quick]

Each size of a committed study has two pretraining seeds. A half takes one of them at each size (for both objectives),
its other half the other: of five sizes there are 16 pairs of halves, of which `scalescope study` shows one, the first
seeds beside the second. Each half is judged with the first one, two or three finetuning seeds. A row per profile and
number of seeds: `shown`, the agreement of the pair that is shown; mean, smallest and largest over all pairs;
`eleven`, the share of pairs in which 11 or more agree; `differs`, in how many pairs a verdict differs; `c3`, `c12`:
smallest and largest value behind these two claims over all halves. No training: needs the tables in data/results
only. Results: results/agreement.csv.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

import pandas as pd
from machine import describe, destination, merge, options, progress

from scalescope.experiment.pretraining_seeds import MODEL, SEED
from scalescope.papers.ivgi2022.claims import Evidence, judge_all
from scalescope.papers.ivgi2022.law_tables import SEEDED, source_tables

ASKED = 11  # of 13: the mark set for thorough
KEYS = ["profile", "finetuning_seeds"]
N_BOOT = 200
Half = tuple[int, ...]  # place of the pretraining seed at each size, the smallest first


def main() -> None:
    """One row per profile and number of finetuning seeds; each is written when it is done."""
    parser = options(__doc__, "agreement.csv")
    parser.add_argument("--profiles", nargs="+", default=["thorough", "thorough-world3"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="numbers of finetuning seeds")
    chosen = parser.parse_args()
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:
        for profile, seeds in product(chosen.profiles, chosen.seeds[: 1 if chosen.quick else None]):
            sizes = len(sizes_with_two(source_tables(profile)["points"]))
            firsts = [(0, *half) for half in product((0, 1), repeat=sizes - 1)][: 1 if chosen.quick else None]
            both = [half for first in firsts for half in (first, tuple(1 - place for place in first))]
            judged = list(workers.map(judge, *zip(*((profile, half, seeds) for half in both), strict=True)))
            row = {"profile": profile, "finetuning_seeds": seeds, **compared([half["verdict"] for half in judged])}
            for claim in ("C3", "C12"):
                values = [half["value"][claim] for half in judged]
                row[claim.lower()] = f"{min(values):.3g} {max(values):.3g}"
            merge(destination(chosen), [{**row, **describe()}], KEYS)
            progress(f"{profile}, {seeds} finetuning seeds: {row['mean']:.2f} of {row['verdicts']} agree")


def sizes_with_two(points: pd.DataFrame) -> list[int]:
    """Sizes of a study that have two pretraining seeds, the smallest first."""
    count = points.groupby("parameters")[SEED].nunique()
    return sorted(count.index[count == 2])


def judge(profile: str, half: Half, seeds: int) -> pd.DataFrame:
    """Verdict and value of each claim (the index) on one half of a study, with the first `seeds` finetuning seeds."""
    tables = source_tables(profile)
    places = dict(zip(sizes_with_two(tables["points"]), half, strict=True))
    own = {name: of_half(tables[name], places, seeds) for name in SEEDED if name in tables}
    judged = judge_all(Evidence(profile, own, n_boot=N_BOOT))
    return judged.set_index("id")[["verdict", "value"]]


def of_half(table: pd.DataFrame, places: dict[int, int], seeds: int) -> pd.DataFrame:
    """The rows of a half: at each size those of the seed at its place; sizes with one seed keep it."""
    keys = [name for name in MODEL if name in table]
    wanted = table.groupby(keys)[SEED].transform(lambda own: own.rank(method="dense") - 1)
    kept = table[~(wanted != table["parameters"].map(places).fillna(0))]  # from scratch there is no seed to rank
    return kept[~(kept["seed"] >= seeds)] if "seed" in kept else kept


def compared(found: list[pd.Series]) -> dict:
    """How often verdicts agree; found: those of each first half, each followed by those of its other half."""
    pairs = list(zip(found[::2], found[1::2], strict=True))
    agree = pd.Series([(first == other).sum() for first, other in pairs])
    differs = Counter(claim for first, other in pairs for claim in first.index[first != other])
    return {
        "pairs": len(pairs),
        "verdicts": len(found[0]),
        "shown": agree.iloc[0],
        "mean": agree.mean(),
        "smallest": agree.min(),
        "largest": agree.max(),
        "eleven": (agree >= ASKED).mean(),
        "differs": " ".join(f"{claim}:{count}" for claim, count in differs.most_common()),
    }


if __name__ == "__main__":
    main()
