"""Small tables that the notebooks show: models, jobs, examples of rows and of masked text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.data.encoded import Prepared
from scalescope.data.masking import Masker
from scalescope.experiment import stages
from scalescope.experiment.profile import Profile
from scalescope.tables import COLUMNS
from scalescope.workflow.jobs import planned


def models(profile: Profile) -> pd.DataFrame:
    """One row per model: role, shape and parameters N = 12 L H^2 (without embeddings)."""
    names = ("aspect_ratio", "layers", "heads", "hidden", "parameters")
    rows = [
        {"model": spec.name, "role": spec.role, **{name: getattr(spec.config, name) for name in names}}
        for spec in profile.all_models()
    ]
    return pd.DataFrame(rows)


def stations(profile: Profile) -> pd.DataFrame:
    """One row per stage of the pipeline (text, rows, notebooks): its jobs, and which stages come before it."""
    jobs = pd.DataFrame([{"stage": job.station, "needs": job.needs} for job in planned(profile)])
    station_of = {job.name: job.station for job in planned(profile)}

    def before(needs: pd.Series) -> str:
        return ", ".join(sorted({station_of[name] for names in needs for name in names}))

    return jobs.groupby("stage", sort=False).agg(jobs=("needs", "size"), after=("needs", before)).reset_index()


def examples(prepared: Prepared, tasks: list[str], width: int = 110) -> pd.DataFrame:
    """The first training row of each task, as one line of text cut at `width` characters, and its target."""
    from scalescope.data.tasks.spec import TASKS

    rows = []
    for name in tasks:
        row, task = prepared.train_rows(name)[0], TASKS[name]
        text = " | ".join(str(row[field]) for field in task.fields)
        target = row[task.target]["text"] if task.family == "span" else row[task.target]
        short = text if len(text) <= width else text[: width - 1] + "…"
        rows.append({"task": name, "text": short, "target": str(target)})
    return pd.DataFrame(rows)


def masked_text(prepared: Prepared, objective: str, tokens: int = 48, seed: int = 0) -> str:
    """The first held-out tokens with what an objective hides in square brackets.

    The brackets hold the pieces to be predicted, whatever the model is shown in their place ([MASK], a random
    piece, or the piece itself).
    """
    corpus = prepared.corpus("heldout")
    row = np.asarray(corpus.tokens[:1])
    units = np.asarray(corpus.units[:1]) if objective == "pmi" else None
    masked = Masker(objective, corpus.vocabulary_size).mask(row, units, np.random.default_rng(seed))
    hidden = set(masked.positions.tolist())
    pieces = [prepared.tokenizer.id_to_token(int(token)) for token in row[0, :tokens]]
    shown = [f"[{piece}]" if at in hidden else piece for at, piece in enumerate(pieces)]
    return " ".join(shown)


def best_examples(runs: pd.DataFrame, task: str) -> tuple[str, pd.DataFrame]:
    """The best finished run of a task among `runs` (table "finetune"): its value, and its table "rows".

    The value is text with its standard error over the examples. Where no run has finished: a dash, and no rows.
    """
    finished = runs[(runs["task"] == task) & (runs["status"] == "finished")]
    if finished.empty:
        return "–", pd.DataFrame(columns=COLUMNS["rows"])
    best = finished.sort_values("value", ascending=False, kind="stable").iloc[0]
    found = stages.store().find(best["run_id"])
    if found is None:
        raise FileNotFoundError(f"run {best['run_id']} is no longer in {stages.store().folder}")
    return f"{best['value']:.3f} ± {best['value_se']:.3f}", found.rows
