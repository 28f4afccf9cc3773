"""Small tables that the notebooks show: models, jobs, examples of rows and of masked text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scalescope.data.encoded import Prepared
from scalescope.data.masking import Masked, Masker
from scalescope.data.tasks.spec import OPTIONS, TASKS
from scalescope.experiment import stages
from scalescope.experiment.profile import Profile
from scalescope.tables import COLUMNS
from scalescope.workflow.jobs import planned

WIDTH = 110  # characters of a line: what fits beside JupyterLab's file browser


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


def example(prepared: Prepared, name: str) -> str:
    """The first training row of a task, whole: each text under the name of its field, options by letter, the answer."""
    row, task = prepared.train_rows(name)[0], TASKS[name]
    parts = {field: row[field] for field in task.fields}
    if task.family == "choice":
        lettered = zip(OPTIONS, parts["options"], strict=True)
        parts["options"] = "  ".join(f"{letter}: {text}" for letter, text in lettered)
    answer = row[task.target]
    if task.family == "span":
        parts["answer"] = ", ".join(dict.fromkeys(answer["text"])) or "(none in the context)"
    else:
        parts["answer"] = task.label_name(answer)
    indent = " " * (max(map(len, parts)) + 4)
    lines = [
        textwrap.fill(f"{field}:".ljust(len(indent) - 2) + text, WIDTH, initial_indent="  ", subsequent_indent=indent)
        for field, text in parts.items()
    ]
    return "\n".join([task.title, *lines])


def pieces(prepared: Prepared, tokens: Sequence[int]) -> str:
    """Tokens as the text of their pieces, in lines of WIDTH characters."""
    return textwrap.fill(" ".join(prepared.tokenizer.id_to_token(int(token)) for token in tokens), WIDTH)


def hidden(prepared: Prepared, batch: Masked, first: int) -> pd.DataFrame:
    """The first hidden tokens of a batch: where they stand, what the model is shown there, and what it must tell."""
    places = batch.positions[:first]
    sequence, position = np.divmod(places, batch.inputs.shape[1])
    text = prepared.tokenizer.id_to_token
    columns = {
        "position": position,
        "shown": [text(int(token)) for token in batch.inputs.reshape(-1)[places]],
        "to predict": [text(int(token)) for token in batch.labels[:first]],
    }
    return pd.DataFrame(columns, sequence).rename_axis(columns="sequence")


def masked_text(prepared: Prepared, objective: str, tokens: int = 48, seed: int = 0) -> str:
    """The first held-out tokens with what an objective hides in square brackets.

    The brackets hold the pieces to be predicted, whatever the model is shown in their place ([MASK], a random
    piece, or the piece itself).
    """
    corpus = prepared.corpus("heldout")
    row = np.asarray(corpus.tokens[:1])
    units = np.asarray(corpus.units[:1]) if objective == "pmi" else None
    masked = Masker(objective, corpus.vocabulary_size).mask(row, units, np.random.default_rng(seed))
    chosen = set(masked.positions.tolist())
    pieces = [prepared.tokenizer.id_to_token(int(token)) for token in row[0, :tokens]]
    shown = [f"[{piece}]" if at in chosen else piece for at, piece in enumerate(pieces)]
    return textwrap.fill(" ".join(shown), WIDTH)


def best_examples(runs: pd.DataFrame, task: str) -> tuple[str, pd.DataFrame]:
    """The best finished run of a task among `runs` (table "finetune"): its value, and its table "rows", labels by name.

    The value is text with its standard error over the examples, where these are enough for one. Where no run has
    finished: a dash, and no rows.
    """
    finished = runs[(runs["task"] == task) & (runs["status"] == "finished")]
    if finished.empty:
        return "–", pd.DataFrame(columns=COLUMNS["rows"])
    best = finished.sort_values("value", ascending=False, kind="stable").iloc[0]
    found = stages.store().find(best["run_id"])
    if found is None:
        raise FileNotFoundError(f"run {best['run_id']} is no longer in {stages.store().folder}")
    rows = found.rows
    if TASKS[task].family != "span":
        rows = rows.assign(**{name: rows[name].map(TASKS[task].label_name) for name in ("label", "predicted")})
    spread = "" if pd.isna(best["value_se"]) else f" ± {best['value_se']:.3f}"
    return f"{best['value']:.3f}{spread}", rows
