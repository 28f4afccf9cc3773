"""Claims on the method: bootstraps (C9), the loss as a target (C11), another metric for SQuAD 2.0 (C12)."""

from __future__ import annotations

import numpy as np

from scalescope.experiment.points import title
from scalescope.papers.ivgi2022.claims.evidence import Evidence
from scalescope.papers.ivgi2022.claims.verdict import (
    BOOTSTRAP,
    MOST,
    OVER_TASKS,
    Verdict,
    bounds,
    decided,
    untestable,
    weakness,
)
from scalescope.papers.ivgi2022.fits import LOSS_TASKS


def c9(evidence: Evidence) -> Verdict:
    """Slope intervals of the hierarchical bootstrap are wider than those of the naive one."""
    what = "median over tasks of the width of the hierarchical interval of the slope over the naive one"
    ratios = {}
    for task in evidence.tasks:
        wide, narrow = evidence.law(task), evidence.law(task, draw="naive")
        if wide is not None and narrow is not None and evidence.several_seeds(task):
            widths = [np.ptp(np.percentile(law.slope[1:], [2.5, 97.5])) for law in (wide, narrow)]
            ratios[task] = widths[0] / widths[1] if widths[1] else np.nan
    values = np.array([ratio for ratio in ratios.values() if np.isfinite(ratio)])
    if not values.size:
        return untestable("C9", what, "no task has three sizes with several seeds", "two or more seeds")
    wider = int((values > 1).sum())
    yes = bool(np.median(values) > 1 and wider / len(values) > MOST)
    return Verdict(
        "C9",
        decided(yes),
        what,
        float(np.median(values)),
        float(values.min()),
        float(values.max()),
        OVER_TASKS,
        f"above 1, and wider in more than {MOST:.0%} of the tasks",
        f"Wider in {wider} of {len(values)} tasks. Wider is not yet right: see benchmarks/law_coverage.py.",
        "" if yes else "more seeds",
    )


def c11(evidence: Evidence) -> Verdict:
    """R2 of the finetuning loss is lower than that of the metric in most tasks."""
    what = "share of tasks whose metric has a higher R2 than the finetuning loss (MLM, tuned)"
    pairs = {}
    for task in LOSS_TASKS:
        law, loss = evidence.law(task), evidence.law(task, y="loss")
        if law is not None and loss is not None:
            pairs[task] = (law, loss)
    if not pairs:
        return untestable("C11", what, "no finetuning losses of three sizes", "finetuning losses")
    share = np.mean([metric.r2 > loss.r2 for metric, loss in pairs.values()], axis=0)
    yes = bool(share[0] > MOST)
    text = ", ".join(f"{title(task)} {m.r2[0]:.2f} against {x.r2[0]:.2f}" for task, (m, x) in pairs.items())
    best = max(metric.r2[0] for metric, _ in pairs.values())
    return Verdict(
        "C11",
        decided(yes),
        what,
        float(share[0]),
        *bounds(share[1:]),
        BOOTSTRAP,
        f"more than {MOST:.0%}",
        f"R2 of metric against loss: {text}." + weakness(best),
        "" if yes else "tasks whose metric follows a law at these sizes",
    )


def c12(evidence: Evidence) -> Verdict:
    """R2 of SQuAD 2.0 models under the metric of SQuAD 1.1 exceeds that under best F1."""
    what = "R2 on answerable questions minus R2 of best F1 (MLM, tuned)"
    known = "value_answerable" in evidence.points and evidence.points["value_answerable"].notna().any()
    if not known:
        return untestable(
            "C12",
            what,
            "the score on answerable questions was not measured",
            "finetuning runs that record `value_answerable`: run the profile again",
        )
    answerable, whole = (evidence.law("squad_v2", y=y) for y in ("error_answerable", "error"))
    if answerable is None or whole is None:
        return untestable("C12", what, "fewer than three sizes", "a ladder of three or more sizes")
    gain = answerable.r2 - whole.r2
    yes = bool(gain[0] > 0)
    return Verdict(
        "C12",
        decided(yes),
        what,
        float(gain[0]),
        *bounds(gain[1:]),
        BOOTSTRAP,
        "above 0",
        f"R2 is {answerable.r2[0]:.3f} on answerable questions, {whole.r2[0]:.3f} under best F1.",
        "" if yes else "models large enough to answer some questions",
    )
