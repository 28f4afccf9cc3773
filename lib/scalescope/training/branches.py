"""Converged losses at many token budgets from one long run: warm up, stay, and decay in a short branch at each budget.

Hu et al. (2024, MiniCPM) and Hagele et al. (2024): with a warm-up-stable-decay schedule, runs of different length are
the same run until their decay begins. So the stable part is trained once and each budget costs its decay only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scalescope.data.corpus import Corpus
from scalescope.data.probes import Probes
from scalescope.errors import UnknownName
from scalescope.paths import run_id
from scalescope.training.loop import Training
from scalescope.training.pretrain import PretrainConfig, Progress, finish
from scalescope.training.schedule import first_decay_step
from scalescope.training.store import Run, Store


def log_spaced_steps(first: int, last: int, count: int) -> list[int]:
    """`count` budgets in steps from `first` to `last`, equally far apart on a logarithmic scale."""
    return sorted({round(step) for step in np.geomspace(first, last, count)})


def campaign(
    config: PretrainConfig,
    budgets: Sequence[int],
    train: Corpus,
    heldout: Corpus,
    store: Store,
    progress: Progress | None = None,
    probes: Probes | None = None,
) -> list[Run]:
    """One run per budget (steps), each the very run that `pretrain` would make of `replace(config, steps=budget)`.

    config.schedule must be "wsd". Finished budgets are not trained again. The stable part leaves its state at
    each branching point below `store.checkpoints(trunk id)`: a killed campaign goes on from there, and one with
    more budgets later starts at the last of them. A second process that wants budgets of the same stable part waits, as
    the two would move each other's states. Raises UnknownName for another schedule.
    """
    if config.schedule != "wsd":
        raise UnknownName("schedule of a campaign", config.schedule, ["wsd"])
    trunk = trunk_id(config)
    folder, runs = store.checkpoints(trunk), []
    with store.claim(trunk):
        for steps in sorted(set(budgets)):
            branch = replace(config, steps=steps)
            with store.claim(branch.id) as done:
                if done is None:
                    training = Training(branch, train, heldout, probes)
                    start = decay_start(branch)
                    training.resume(folder, most=start)
                    training.resume(store.checkpoints(branch.id))
                    done = finish(training, store, progress, (start, folder))
            runs.append(done)
    return runs


def trunk_id(config: PretrainConfig) -> str:
    """Id of the stable part that all budgets share."""
    shared = {key: value for key, value in config.facts().items() if key not in ("steps", "decay_fraction")}
    return run_id(f"trunk-{config.objective}-{config.encoder.name}", shared)


def decay_start(config: PretrainConfig) -> int:
    """Step at which the branch of this configuration leaves the stable part."""
    return first_decay_step(
        config.schedule, steps=config.steps, warmup_steps=config.warmup_steps, decay_fraction=config.decay_fraction
    )
