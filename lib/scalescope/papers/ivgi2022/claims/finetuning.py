"""Claims on finetuning laws: where they are, what tuning does, what they predict and choose (C3 to C8)."""

from __future__ import annotations

import numpy as np

from scalescope.experiment.points import title
from scalescope.papers.ivgi2022.claims.evidence import Evidence
from scalescope.papers.ivgi2022.claims.verdict import (
    EXTRAPOLATION_ERROR,
    INTERPOLATION_ERROR,
    MINIMAL_SIZE_TASKS,
    MOST,
    Verdict,
    judged,
    untestable,
    weakness,
)
from scalescope.papers.ivgi2022.tables import CLEAR

MORE_SIZES = "a ladder of three or more sizes of every task"
CLEARER = "a task with R2 >= 0.95: more sizes, more finetuning rows and seeds, or a wider range of sizes"


def _clear(evidence: Evidence, **key: object) -> dict:
    """Tuned MLM laws by task: all that could be fitted."""
    laws = {task: evidence.law(task, **key) for task in evidence.tasks}
    return {task: law for task, law in laws.items() if law is not None}


def _weakness(evidence: Evidence) -> str:
    return weakness(max((law.r2[0] for law in _clear(evidence).values()), default=0.0))


def c3(evidence: Evidence) -> Verdict:
    """R2 is at least 0.95 in some, not all tasks."""
    what = f"number of tasks with R2 >= {CLEAR} (MLM, tuned)"
    laws = _clear(evidence)
    if len(laws) < 2:
        return untestable("C3", what, "fewer than two tasks have a law", MORE_SIZES)
    counts = np.sum([law.r2 >= CLEAR for law in laws.values()], axis=0)
    names = ", ".join(title(task) for task, law in laws.items() if law.r2[0] >= CLEAR) or "none"
    best = max(laws, key=lambda task: laws[task].r2[0])
    asked = f"more than 0 and fewer than {len(laws)}"
    text = f"{counts[0]} of {len(laws)} tasks: {names}; the best R2 is {laws[best].r2[0]:.3f} ({title(best)})."
    return judged("C3", 0 < counts[0] < len(laws), what, counts, threshold=asked, sentence=text, needed=CLEARER)


def c4(evidence: Evidence) -> Verdict:
    """R2 from two layers on exceeds R2 in SQuAD 2.0, RACE and MRPC."""
    what = "R2 without the smallest size minus R2, the smallest of SQuAD 2.0, RACE and MRPC"
    laws = {task: evidence.law(task) for task in MINIMAL_SIZE_TASKS if task in evidence.tasks}
    laws = {task: law for task, law in laws.items() if law is not None and np.isfinite(law.r2_from_2[0])}
    if len(laws) < len(MINIMAL_SIZE_TASKS):
        return untestable("C4", what, "not all three tasks have a law without the smallest size", MORE_SIZES)
    gains = {task: law.r2_from_2 - law.r2 for task, law in laws.items()}
    worst = min(gains.values(), key=lambda gain: gain[0])
    text = ", ".join(f"{title(task)} {gain[0]:+.3f}" for task, gain in gains.items())
    others = [title(task) for task, law in _clear(evidence).items() if law.r2_from_2[0] > law.r2[0]]
    text = f"Gain in R2: {text}. R2 rises in: {', '.join(others) or 'none'}." + _weakness(evidence)
    needed = "tasks that follow a law here, and sizes below the minimal one"
    return judged("C4", worst[0] > 0, what, worst, threshold="above 0 in all three", sentence=text, needed=needed)


def c5(evidence: Evidence) -> Verdict:
    """With tuning R2 is higher and the slope flatter, each in most tasks."""
    what = "share of tasks whose R2 is higher with tuning"
    pairs = {task: (evidence.law(task), evidence.law(task, hpt="without")) for task in evidence.tasks}
    pairs = {task: pair for task, pair in pairs.items() if None not in pair}
    if not pairs:
        return untestable("C5", what, "no task was finetuned with and without tuning", "runs without tuning")
    cleaner = np.mean([tuned.r2 > fixed.r2 for tuned, fixed in pairs.values()], axis=0)
    flatter = np.mean([abs(tuned.slope[0]) < abs(fixed.slope[0]) for tuned, fixed in pairs.values()])
    yes, n = cleaner[0] > MOST and flatter > MOST, len(pairs)
    asked = f"more than {MOST:.0%} cleaner, and more than {MOST:.0%} flatter"
    text = f"R2 is higher in {cleaner[0] * n:.0f} of {n} tasks, the slope flatter in {flatter * n:.0f}."
    needed = "a grid in which the best rate changes with size, and more seeds"
    return judged("C5", yes, what, cleaner, threshold=asked, sentence=text + _weakness(evidence), needed=needed)


def c6(evidence: Evidence) -> Verdict:
    """Where R2 is at least 0.95, the target is predicted within 3 %."""
    what = "largest relative error at the target over tasks with R2 >= 0.95 (MLM, tuned)"
    laws = {task: law for task, law in _clear(evidence).items() if np.isfinite(law.re[0])}
    clear = {task: law for task, law in laws.items() if law.r2[0] >= CLEAR}
    if not clear:
        best = max(laws, key=lambda task: laws[task].r2[0], default=None)
        reason = "no task has R2 >= 0.95" + (f" (best: {title(best)}, {laws[best].r2[0]:.3f})" if best else "")
        return untestable("C6", what, reason, CLEARER)
    worst = np.max([np.abs(law.re) for law in clear.values()], axis=0)
    yes, asked = worst[0] <= EXTRAPOLATION_ERROR, f"<= {EXTRAPOLATION_ERROR}"
    text = ", ".join(f"{title(task)} {law.re[0]:+.3f}" for task, law in clear.items())
    return judged("C6", yes, what, worst, threshold=asked, sentence=f"Relative errors: {text}.", needed=CLEARER)


def c7(evidence: Evidence) -> Verdict:
    """The mean relative error at the two largest sizes is within 2.5 % in most tasks."""
    what = f"share of tasks with MRE <= {INTERPOLATION_ERROR} (MLM, tuned)"
    laws = {task: law for task, law in _clear(evidence).items() if np.isfinite(law.mre[0])}
    if not laws:
        return untestable("C7", what, "no task has four sizes", MORE_SIZES)
    share = np.mean([law.mre <= INTERPOLATION_ERROR for law in laws.values()], axis=0)
    worst = max(laws, key=lambda task: laws[task].mre[0])
    largest = f"the largest MRE is {laws[worst].mre[0]:.3f} ({title(worst)})."
    text = f"{share[0] * len(laws):.0f} of {len(laws)} tasks; {largest}" + _weakness(evidence)
    needed = "more seeds at the two largest sizes"
    return judged("C7", share[0] > MOST, what, share, threshold=f"more than {MOST:.0%}", sentence=text, needed=needed)


def c8(evidence: Evidence) -> Verdict:
    """Where the law of MLM is clear, predicted and actual difference to PMI have the same sign."""
    what = "share of tasks with R2 >= 0.95 whose better objective the laws choose"
    pairs = {}
    for task, law in _clear(evidence, of="pair").items():
        other = evidence.law(task, of="pair", objective="pmi")
        if other is not None and np.isfinite(actual := law.numbers["actual"] - other.numbers["actual"]):
            right = np.sign(law.prediction - other.prediction) == np.sign(actual)
            pairs[task] = (law.r2[0] >= CLEAR, right)
    clear = {task: right for task, (is_clear, right) in pairs.items() if is_clear}
    everywhere = f"over all tasks {sum(bool(r[0]) for _, r in pairs.values())} of {len(pairs)} signs are right"
    if not clear:
        return untestable("C8", what, f"no task has R2 >= 0.95 and both objectives; {everywhere}", CLEARER)
    share = np.mean(list(clear.values()), axis=0)
    names = ", ".join(f"{title(task)} {'right' if right[0] else 'wrong'}" for task, right in clear.items())
    needed = "more seeds, or objectives that differ more"
    return judged(
        "C8", share[0] == 1, what, share, threshold="all of them", sentence=f"{names}; {everywhere}.", needed=needed
    )
