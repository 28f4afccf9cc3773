"""Claims on the method: bootstraps (C9), the loss as a target (C11), another metric for SQuAD 2.0 (C12)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scalescope.experiment.points import title
from scalescope.papers.ivgi2022.claims.evidence import Evidence
from scalescope.papers.ivgi2022.claims.verdict import MOST, OVER_TASKS, Verdict, judged, untestable, weakness
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
    asked = f"above 1, and wider in more than {MOST:.0%} of the tasks"
    text = f"Wider in {wider} of {len(values)} tasks. Wider is not yet right: see benchmarks/law_coverage.py."
    made = judged(
        "C9", yes, what, [np.median(values)], threshold=asked, sentence=text, needed="more seeds", interval=OVER_TASKS
    )
    return replace(made, low=float(values.min()), high=float(values.max()))


def c11(evidence: Evidence) -> Verdict:
    """R2 of the finetuning loss is lower than that of the metric in most tasks."""
    what = "share of tasks whose metric has a higher R2 than the finetuning loss (MLM, tuned)"
    pairs = {task: (evidence.law(task), evidence.law(task, y="loss")) for task in LOSS_TASKS}
    pairs = {task: pair for task, pair in pairs.items() if None not in pair}
    if not pairs:
        return untestable("C11", what, "no finetuning losses of three sizes", "finetuning losses")
    share = np.mean([metric.r2 > loss.r2 for metric, loss in pairs.values()], axis=0)
    text = ", ".join(f"{title(task)} {m.r2[0]:.2f} against {x.r2[0]:.2f}" for task, (m, x) in pairs.items())
    best = max(metric.r2[0] for metric, _ in pairs.values())
    text = f"R2 of metric against loss: {text}." + weakness(best)
    needed = "tasks whose metric follows a law at these sizes"
    return judged("C11", share[0] > MOST, what, share, threshold=f"more than {MOST:.0%}", sentence=text, needed=needed)


def c12(evidence: Evidence) -> Verdict:
    """R2 of SQuAD 2.0 models under the metric of SQuAD 1.1 exceeds that under best F1."""
    what = "R2 on answerable questions minus R2 of best F1 (MLM, tuned)"
    if "value_answerable" not in evidence.points or evidence.points["value_answerable"].isna().all():
        needed = "finetuning runs that record `value_answerable`: run the profile again"
        return untestable("C12", what, "the score on answerable questions was not measured", needed)
    answerable, whole = (evidence.law("squad_v2", y=y) for y in ("error_answerable", "error"))
    if answerable is None or whole is None:
        return untestable("C12", what, "fewer than three sizes", "a ladder of three or more sizes")
    gain = answerable.r2 - whole.r2
    text = f"R2 is {answerable.r2[0]:.3f} on answerable questions, {whole.r2[0]:.3f} under best F1."
    return judged(
        "C12",
        gain[0] > 0,
        what,
        gain,
        threshold="above 0",
        sentence=text,
        needed="models large enough to answer some questions",
    )
