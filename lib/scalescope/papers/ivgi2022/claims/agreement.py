"""Whether sources (worlds, pretraining seeds, instruction sets, the paper itself) come to the same verdicts."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from scalescope.papers.ivgi2022.claims.verdict import UNTESTABLE

NOT_JUDGED = "not judged"
COUNTS = ["first", "second", "agree", "of", "testable_in_both", "differ"]


def agreement(claims: pd.DataFrame) -> pd.DataFrame:
    """One row per claim: id, claim, one column per source with its verdict, and `agree`, whether all are the same.

    claims: claims.csv of one or several sources, one below the other (columns source, id, claim, verdict). A claim
    that a source lacks is "not judged". Raises ValueError for a source that judges a claim twice.
    """
    twice = claims[claims.duplicated(["source", "id"])]
    if len(twice):
        row = twice.iloc[0]
        raise ValueError(f"source {row['source']!r} judges {row['id']} twice")
    sources = list(dict.fromkeys(claims["source"]))
    named = claims.drop_duplicates("id").set_index("id")["claim"]
    table = claims.pivot(index="id", columns="source", values="verdict")[sources].fillna(NOT_JUDGED)
    table = table.assign(agree=table.nunique(axis=1) == 1).reset_index().rename_axis(columns=None)
    table.insert(1, "claim", table["id"].map(named))
    return table.sort_values("id", key=lambda ids: ids.str[1:].astype(int), ignore_index=True)


def agreement_counts(table: pd.DataFrame) -> pd.DataFrame:
    """One row per pair of sources of an `agreement` table: in how many claims they agree, and in which they do not.

    "not testable" on both sides is agreement too; `testable_in_both` says for how many claims both gave an answer.
    """
    sources = [name for name in table.columns if name not in ("id", "claim", "agree")]
    rows = []
    for first, second in combinations(sources, 2):
        same = table[first] == table[second]
        answered = ~table[[first, second]].isin([UNTESTABLE, NOT_JUDGED]).any(axis=1)
        rows.append((first, second, same.sum(), len(table), answered.sum(), ", ".join(table.loc[~same, "id"]) or "–"))
    return pd.DataFrame(rows, columns=COUNTS)
