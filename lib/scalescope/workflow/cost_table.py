"""What a profile has cost so far, from the records of its jobs: how much was training, and how much was not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from scalescope import files
from scalescope.experiment.cost import ENGINE, KERNEL, profile_key
from scalescope.tables import check
from scalescope.workflow.jobs import STATIONS
from scalescope.workflow.terminal import duration

FACTS = ["job", "profile", "started", "ended", "cpu_seconds", "peak_bytes", "training_seconds"]
PLACES = ["threads", "workers"]  # of jobs, of engines; records of before have none
ALL = "all"


def records(work: Path) -> pd.DataFrame:
    """One row per attempt at a job of the profile that `work` holds now: times in seconds, memory in bytes.

    Records that are empty, cut or changed are left out, which is told in one line: finished work does not hang on them.
    """
    rows, key, faults = [], profile_key(work), []
    for path in sorted((work / "costs").glob("*.json")):
        facts = _record(path, faults)
        if facts.get("profile") != key:
            continue
        own = _record(path.with_suffix(KERNEL), faults)
        facts |= {name: facts[name] + own.get(name, 0) for name in ("cpu_seconds", "peak_bytes")}
        rows.append({**facts, "training_seconds": sum(_laps(path.with_suffix(".trained")))})
    if faults:
        files.say(f"{len(faults)} record(s) left out of the costs: {faults[0]}")
    return pd.DataFrame(rows, columns=[*FACTS, *PLACES])


def _record(path: Path, faults: list[str]) -> dict:
    """The facts of one record; empty if there is none or it is not whole, which is added to `faults`."""
    try:
        return files.read_record(path)
    except FileNotFoundError:
        return {}
    except (OSError, files.Damaged) as fault:
        faults.append(str(fault))
        return {}


def _laps(path: Path) -> list[float]:
    """Seconds of each lap; what is no number (a line that was cut) does not count."""
    try:
        words = path.read_text(errors="replace").split()
    except OSError:
        return []
    laps = (pd.to_numeric(word, errors="coerce") for word in words)
    return [float(lap) for lap in laps if lap >= 0]


def cost_table(work: Path) -> pd.DataFrame:
    """The table "cost": one row per station, the engine, and all together; attempts of several days add up.

    training: CPU seconds inside pretraining and finetuning, with their evaluation, of runs that were trained (a
    loaded run costs none); other: all the rest. wall_seconds of a station add up over its jobs, those of the
    engine are what a user waited. A start of the pipeline that found nothing to do does not count. peak_mb: the
    largest worker of a station; of the engine, all processes at once (sampled every few seconds; see cost.py).
    idle_share, of all together: of the time of the engine's workers, what no job was running in; a job of two threads
    takes two. Blank where it is not known (jobs that ran elsewhere, records of before).
    """
    table = records(work)
    is_engine = table["job"] == ENGINE
    jobs, starts = table[~is_engine], table[is_engine]
    rows = [_row(name, jobs[jobs["job"].str.startswith(name)]) for name in STATIONS]
    within = [jobs["started"].between(start.started, start.ended) for start in starts.itertuples()]
    busy = [(start, jobs[mine]) for start, mine in zip(starts.itertuples(), within, strict=True) if mine.any()]
    engine = _row(ENGINE, starts.loc[[start.Index for start, _ in busy]])
    own = sum(max(start.cpu_seconds - mine["cpu_seconds"].sum(), 0.0) for start, mine in busy)
    engine |= {"cpu_seconds": own, "other_seconds": own}
    result = pd.DataFrame([*rows, engine])
    total = {name: result[name].sum() for name in ("cpu_seconds", "training_seconds", "other_seconds")}
    total |= {"part": ALL, "jobs": len(jobs), "wall_seconds": engine["wall_seconds"]}
    total |= {"peak_mb": result["peak_mb"].max(), "idle_share": _idle(busy)}
    result = pd.concat([result, pd.DataFrame([total])], ignore_index=True)
    result["other_share"] = result["other_seconds"] / total["cpu_seconds"] if total["cpu_seconds"] else 0.0
    return check(result.round({"other_share": 4, "idle_share": 4}), "cost")


def _idle(busy: list[tuple]) -> float:
    """Share of the workers' time in which they had no job, over (start, jobs) of all starts that know their workers."""
    known = [(start, jobs) for start, jobs in busy if start.workers and start.workers > 0]
    offered = sum(start.workers * (start.ended - start.started) for start, _ in known)
    taken = sum(((jobs["ended"] - jobs["started"]) * jobs["threads"].fillna(1)).sum() for _, jobs in known)
    return max(1 - taken / offered, 0.0) if offered else float("nan")


def report(work: Path, console: Console | None = None) -> Path:
    """Print the costs of a profile and write them to `work`/cost.csv; returns that file."""
    console = console or Console(soft_wrap=True, markup=False, highlight=False)
    costs, target = cost_table(work), work / "cost.csv"
    files.write_table(target, costs)
    table = Table(title="core-seconds so far", title_justify="left", box=SIMPLE, padding=0)
    for name in ("part", "jobs", "wall", "CPU", "training", "other", "other of all", "peak"):
        table.add_column(name, justify="left" if name == "part" else "right")
    for row in costs.itertuples():
        seconds = (f"{value:.0f} s" for value in (row.cpu_seconds, row.training_seconds, row.other_seconds))
        share, peak = f"{row.other_share:.1%}", f"{row.peak_mb:.0f} MB"
        table.add_row(row.part, str(row.jobs), duration(row.wall_seconds), *seconds, share, peak)
    console.print(table)
    console.print(sentence(costs))
    return target


def sentence(costs: pd.DataFrame) -> str:
    """The costs in one line."""
    by_part = costs.set_index("part")
    every, workers = by_part.loc[ALL], by_part.drop(index=[ALL, ENGINE])
    idle = f"Workers without a job {every['idle_share']:.1%} of the time. " if every["idle_share"] >= 0 else ""
    return (
        f"{duration(every['wall_seconds'])}, {every['cpu_seconds']:.0f} core-seconds: {1 - every['other_share']:.1%} "
        f"training and evaluation, {every['other_share']:.1%} notebooks, data, laws and engine. {idle}Largest worker "
        f"{workers['peak_mb'].max():.0f} MB, all processes at once {by_part.loc[ENGINE, 'peak_mb']:.0f} MB."
    )


def _row(part: str, rows: pd.DataFrame) -> dict:
    cpu, training = rows["cpu_seconds"].sum(), rows["training_seconds"].sum()
    return {
        "part": part,
        "jobs": len(rows),
        "wall_seconds": (rows["ended"] - rows["started"]).sum(),
        "cpu_seconds": cpu,
        "training_seconds": training,
        "other_seconds": cpu - training,
        "peak_mb": rows["peak_bytes"].max() / 1e6 if len(rows) else 0.0,
    }
