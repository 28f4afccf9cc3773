"""Tables that describe the data of a profile: corpus, tasks, and the shortcut scores of the microworld."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.data.encoded import SPLITS, Prepared
from scalescope.data.tasks.scoring import majority
from scalescope.data.tokenizer import MASK
from scalescope.experiment.profile import Profile
from scalescope.tables import check


def corpus_table(prepared: Prepared) -> pd.DataFrame:
    """One row per split: sequences, documents in them, tokens without padding, vocabulary, pieces per masking unit.

    Units are counted in the first 2,000 sequences, without special tokens.
    """
    rows = []
    for split in SPLITS:
        corpus = prepared.corpus(split)
        maskable = corpus.tokens[:2000] > MASK
        units = max(int(corpus.units[:2000][maskable].sum()), 1)
        rows.append(
            {
                "split": split,
                "sequences": corpus.n_sequences,
                "documents": int(corpus.documents.max(axis=1).sum()),
                "tokens": int(np.count_nonzero(corpus.tokens)),
                "vocabulary": corpus.vocabulary_size,
                "tokens_per_unit": round(maskable.sum() / units, 2),
            }
        )
    return pd.DataFrame(rows)


def tasks_table(profile: Profile, prepared: Prepared) -> pd.DataFrame:
    """One row per task: metric, rows, majority baseline in metric units, truncated examples, tokens per example, share
    of [UNK], and evaluation answers that cannot be predicted whole (see tables.py).
    """
    rows = []
    for name in profile.tasks:
        data = prepared.task_data(name)
        task, train, held = data.task, data.train, data.evaluation
        rows.append(
            {
                "task": name,
                "title": task.title,
                "metric": task.metric,
                "train": train.n_examples,
                "eval": held.n_examples,
                "majority": round(majority(task, data.rows), 4),
                "truncated_train": train.truncated,
                "truncated_eval": held.truncated,
                "tokens_mean": round(train.tokens_mean, 1),
                "unknown_share": round(max(train.unknown_share, held.unknown_share), 4),
                "unlocated": held.unlocated,
                "too_long": held.too_long if held.too_long >= 0 else None,
            }
        )
    return check(pd.DataFrame(rows), "tasks")


def shortcuts_table(profile: Profile, prepared: Prepared) -> pd.DataFrame:
    """Microworld only: what shortcuts reach on each task, and the best possible score."""
    from scalescope.microworld.shortcuts import shortcut_table

    return check(shortcut_table(prepared.source, profile.tasks), "shortcuts")
