"""The jobs of a profile: which notebook runs with which parameters, after which others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scalescope import paths
from scalescope.pipeline.profile import ModelSpec, Profile
from scalescope.schema import SCRATCH, UnknownName
from scalescope.training.device import threads_for

PAPER = "ivgi2022"
STATIONS = ("10_corpus_and_tasks", "20_pretrain", "30_finetune", "40_collect", "50_laws", "60_figures")


@dataclass(frozen=True)
class Job:
    """One notebook with its parameters.

    name: "20_pretrain_ar16-l2_mlm". needs: names of the jobs that must be done before. priority: of the jobs
    that could start, the highest starts first. threads: of its process. out, log, mark: relative to the
    profile's folder.
    """

    name: str
    station: str
    needs: tuple[str, ...] = ()
    priority: int = 0
    threads: int = 1
    model: str | None = None
    objective: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def notebook(self) -> Path:
        """The notebook's source."""
        return paths.notebooks() / PAPER / f"{self.station}.ipynb"

    @property
    def out(self) -> str:
        """The executed notebook."""
        return f"notebooks/{self.name}.ipynb"

    @property
    def log(self) -> str:
        """What the job printed."""
        return f"logs/{self.name}.log"

    @property
    def mark(self) -> str:
        """Where the job says how far it is (see progress.py)."""
        return f"jobs/{self.name}.json"


def planned(profile: Profile, profile_argument: str | None = None) -> list[Job]:
    """All jobs of a profile, those that others need first.

    profile_argument (name or path) is handed to the notebooks as it is. Models that do not depend on each other run
    side by side; a ladder model is finetuned after the target of the same objective where that decides its fixed
    learning rate. The control "scratch" has nothing to wait for but the rows.
    """
    shared = {"profile": profile_argument or profile.name}
    corpus, collect, laws, figures = (STATIONS[at] for at in (0, 3, 4, 5))
    jobs = [Job(corpus, corpus, priority=10**6, parameters=shared)]
    for objective in profile.finetuned_objectives:
        for spec in sorted(profile.all_models(), key=lambda spec: spec.role != "target"):
            jobs += _model_jobs(profile, spec, objective, shared)
    before = tuple(job.name for job in jobs)
    jobs.append(Job(collect, collect, needs=before, parameters=shared))
    jobs.append(Job(laws, laws, needs=(collect,), parameters=shared))
    jobs.append(Job(figures, figures, needs=(collect,), parameters=shared))
    return jobs


def job(profile: Profile, name: str) -> Job:
    """The job called `name`; raises UnknownName with the nearest one."""
    jobs = {job.name: job for job in planned(profile)}
    if name not in jobs:
        raise UnknownName("job", name, jobs)
    return jobs[name]


def _model_jobs(profile: Profile, spec: ModelSpec, objective: str, shared: dict[str, str]) -> list[Job]:
    parameters = {**shared, "model": spec.name, "objective": objective}
    named = {"model": spec.name, "objective": objective, "parameters": parameters}
    named["threads"] = threads_for(spec.config.parameters)
    ending = f"{spec.name}_{objective}"
    priority = _priority(profile, spec, objective)
    jobs = []
    if objective != SCRATCH:
        jobs.append(Job(f"20_pretrain_{ending}", STATIONS[1], needs=(STATIONS[0],), priority=priority, **named))
    if spec.role in profile.finetune.roles:
        needs = [jobs[0].name if jobs else STATIONS[0]]
        if objective in profile.finetune.fixed_rate_objectives and spec.role != "target":
            needs.append(f"30_finetune_{profile.target.name}_{objective}")
        jobs.append(Job(f"30_finetune_{ending}", STATIONS[2], needs=tuple(needs), priority=priority + 1, **named))
    return jobs


def _priority(profile: Profile, spec: ModelSpec, objective: str) -> int:
    """Long jobs first, so that no large model runs alone at the end; first of all what the ladder waits for."""
    awaited = spec.role == "target" and objective in profile.finetune.fixed_rate_objectives
    sizes = sorted(model.config.parameters for model in profile.all_models())
    return (1000 if awaited else 0) + 2 * sizes.index(spec.config.parameters)
