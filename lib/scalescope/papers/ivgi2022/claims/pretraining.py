"""Claims on pretraining: its laws (C1, C2), convergence (C10), and cost (C13)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalescope.experiment.points import OBJECTIVES
from scalescope.papers.ivgi2022.claims.evidence import Evidence
from scalescope.papers.ivgi2022.claims.verdict import (
    EARLY_PATIENCE,
    EARLY_SHARE,
    FLOPS_SAVED,
    MOST,
    PARAMETERS_SAVED,
    R2_PRETRAINING,
    UNTESTABLE,
    Verdict,
    bounds,
    judged,
    untestable,
)
from scalescope.papers.ivgi2022.compute import compute_saved
from scalescope.papers.ivgi2022.diagnose import ABOVE, UNKNOWN, diagnose
from scalescope.papers.ivgi2022.stopping import heldout_curve, stopping

LADDERS = ("ladder", "second")
PUBLISHED = "published"


def c1(evidence: Evidence) -> Verdict:
    """R2 of all four pretraining fits is at least 0.99."""
    what, asked = "smallest R2 of the four pretraining laws", f"R2 >= {R2_PRETRAINING} in all four"
    needed = "three or more sizes of each aspect ratio, each trained to convergence"
    laws = {f"{OBJECTIVES[o]} {role}": evidence.pretraining_law(o, role) for o in OBJECTIVES for role in LADDERS}
    known = {name: law for name, law in laws.items() if law is not None}
    if not known:
        return untestable("C1", what, "no ladder has three sizes", needed)
    worst = np.min([law.r2 for law in known.values()], axis=0)
    text = ", ".join(f"{name} {law.r2[0]:.3f}" for name, law in known.items())
    lacking = [name for name in laws if name not in known]
    tail = f"; too few sizes: {', '.join(lacking)}" if lacking else ""
    if worst[0] >= R2_PRETRAINING and lacking:
        return untestable("C1", what, f"R2 is {text}{tail}", needed)
    return judged(
        "C1", worst[0] >= R2_PRETRAINING, what, worst, threshold=asked, sentence=f"R2: {text}{tail}.", needed=needed
    )


def c2(evidence: Evidence) -> Verdict:
    """The slope of the second aspect ratio minus that of the ladder is below zero, with its interval."""
    what = "slope of the larger aspect ratio minus that of the smaller, the larger of MLM and PMI"
    needed = "more sizes of the second aspect ratio, so that the intervals of both slopes narrow"
    ratios = {role: evidence.pretrain.loc[evidence.pretrain["role"] == role, "aspect_ratio"] for role in LADDERS}
    gaps = {}
    for objective, name in OBJECTIVES.items():
        pair = [evidence.pretraining_law(objective, role, seed=place) for place, role in enumerate(LADDERS)]
        if all(law is not None for law in pair):
            sign = 1 if ratios["second"].iloc[0] > ratios["ladder"].iloc[0] else -1
            gaps[name] = sign * (pair[1].slope - pair[0].slope)
    if len(gaps) < len(OBJECTIVES):
        return untestable("C2", what, "not both aspect ratios have three sizes for both objectives", needed)
    worst = max(gaps.values(), key=lambda gap: gap[0])
    intervals = {name: bounds(gap[1:]) for name, gap in gaps.items()}
    yes = all(high < 0 for _, high in intervals.values())
    told = [f"{name} {gaps[name][0]:+.3f} [{low:+.3f}, {high:+.3f}]" for name, (low, high) in intervals.items()]
    asked = "below 0 with its whole interval, for MLM and PMI"
    return judged(
        "C2", yes, what, worst, threshold=asked, sentence=f"Difference of slopes: {', '.join(told)}.", needed=needed
    )


def c10(evidence: Evidence) -> Verdict:
    """A run cut short lies above the leave-one-out interval of the other scales, the whole run does not."""
    what = "share of runs that are above the law when cut short and on it when not"
    asked = f"more than {MOST:.0%} of the runs are found, and more than {MOST:.0%} return"
    needed = "loss curves of every run, and four or more sizes of one aspect ratio"
    if evidence.curves is None or evidence.curves.empty:
        return untestable("C10", what, "no loss curves", needed)
    early = _stopped_early(evidence)
    series = {o: pd.concat([evidence.pretraining(o, role) for role in ("ladder", "target")]) for o in OBJECTIVES}
    found, back, others = [], [], []
    for objective, parameters, loss, run in early:
        runs = _alone_at_its_size(series[objective], parameters, run)
        cut = runs.assign(loss=np.where(runs["parameters"] == parameters, loss, runs["loss"]))
        before, after = (diagnose(table, parameters).iloc[0] for table in (cut, runs))
        if before["verdict"] != UNKNOWN:
            found.append(before["verdict"] == ABOVE)
            back.append(after["verdict"] != ABOVE)
            others.append(before["n_others"])
    if not found:
        return untestable("C10", what, "no run has three other sizes to be held against", needed)
    both = float(np.mean(np.array(found) & np.array(back)))
    yes = np.mean(found) > MOST and np.mean(back) > MOST
    if np.mean(back) > MOST:
        lacking = f"more sizes of one aspect ratio: the interval of {min(others)} others is wide"
    else:
        lacking = "runs that are trained longer: run on, they lie above the law of the others too"
    live = f"at {EARLY_SHARE:.0%} of the steps"
    how = f"with a patience of {EARLY_PATIENCE}" if evidence.source == PUBLISHED else live
    above = f"{sum(found)} of {len(found)} run(s) lie above the law of the others"
    text = f"Stopped {how}, {above}; run on, {sum(back)} of {len(back)} do not."
    return judged("C10", yes, what, [both], threshold=asked, sentence=text, needed=lacking, interval="none")


def _alone_at_its_size(runs: pd.DataFrame, parameters: float, run: str | None) -> pd.DataFrame:
    """`runs` without those of other pretraining seeds at the size of `run`: it is the run that is judged."""
    return runs if run is None else runs[(runs["parameters"] != parameters) | (runs["run_id"] == run)]


def _stopped_early(evidence: Evidence) -> list[tuple[str, float, float, str | None]]:
    """Objective, size, loss and id of runs cut short: by the paper's first patience, or at a share of the steps."""
    if evidence.source == PUBLISHED:
        curve = heldout_curve(evidence.curves)
        loss = float(stopping(curve, [EARLY_PATIENCE])["loss"].iloc[0])
        return [("mlm", float(curve["parameters"].iloc[0]), loss, None)]
    runs = evidence.pretrain[evidence.pretrain["role"] != "second"]
    early = []
    for run in runs.to_dict("records"):
        if run["run_id"] in set(evidence.curves["run_id"]):
            curve = heldout_curve(evidence.curves, run["objective"], run["run_id"])
            before = curve[curve["step"] <= EARLY_SHARE * curve["step"].max()]
            if len(before):
                loss = float(before["best"].iloc[-1])
                early.append((run["objective"], float(run["parameters"]), loss, run["run_id"]))
    return early


def c13(evidence: Evidence) -> Verdict:
    """Target over ladder: five in parameters trained, 2.5 in FLOPs with tuning."""
    what = "parameters of the target over parameters of the ladder"
    asked = f">= {PARAMETERS_SAVED:g}, and FLOPs with tuning >= {FLOPS_SAVED:g}"
    needed = "a target that is larger beside the ladder, and tokens of every run"
    table = compute_saved(evidence.pretrain, evidence.finetune).set_index("what")["saved"]
    parameters, flops = table["parameters trained"], table["and finetuning, with tuning"]
    if not np.isfinite(parameters):
        return untestable("C13", what, "no target or no ladder", needed)
    if parameters >= PARAMETERS_SAVED and not np.isfinite(flops):
        unknown = "FLOPs are not known, since the tokens of the runs are not published."
        text = f"{parameters:.2f} times fewer parameters, as claimed; {unknown}"
        told = {"interval": "none", "threshold": asked, "sentence": text, "needed": needed}
        return Verdict("C13", UNTESTABLE, what, parameters, **told)
    yes = parameters >= PARAMETERS_SAVED and flops >= FLOPS_SAVED
    spent = f"{flops:.2f} times in FLOPs with tuning" if np.isfinite(flops) else "FLOPs not known"
    text = f"{parameters:.2f} times in parameters, {spent}."
    return judged("C13", yes, what, [parameters], threshold=asked, sentence=text, needed=needed, interval="none")
