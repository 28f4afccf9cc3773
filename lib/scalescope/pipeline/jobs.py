"""The jobs of a profile: which notebook runs with which parameters, after which others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scalescope import paths
from scalescope.pipeline.profile import ModelSpec, Profile
from scalescope.schema import SCRATCH, UnknownName
from scalescope.training.device import threads_for

PAPER = "ivgi2022"
CORPUS, PRETRAIN, FINETUNE, BUDGETS = "10_corpus_and_tasks", "20_pretrain", "30_finetune", "35_budgets"
COLLECT, LAWS, FIGURES = "40_collect", "50_laws", "60_figures"
STATIONS = (CORPUS, PRETRAIN, FINETUNE, BUDGETS, COLLECT, LAWS, FIGURES)


@dataclass(frozen=True)
class Job:
    """One notebook with its parameters.

    name: "20_pretrain_ar16-l2_mlm", with "_seed1" behind it for the second pretraining seed. place: of its pretraining
    seed in the profile's list (finetuning handles all of them in one job). needs: names of the jobs that must be done
    before. priority: of the jobs that could start, the highest starts first. threads: of its process. out, log, mark:
    relative to the profile's folder.
    """

    name: str
    station: str
    needs: tuple[str, ...] = ()
    priority: int = 0
    threads: int = 1
    model: str | None = None
    objective: str | None = None
    place: int = 0
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
    learning rate. The control "scratch" has nothing to wait for but the rows. Budgets wait for the finetuning of their
    model, which finds their learning rates.
    """
    shared = {"profile": profile_argument or profile.name}
    jobs = [Job(CORPUS, CORPUS, priority=10**6, parameters=shared)]
    for objective in profile.finetuned_objectives:
        for spec in sorted(profile.all_models(), key=lambda spec: spec.role != "target"):
            jobs += _model_jobs(profile, spec, objective, shared)
    jobs += [_budgets_job(profile, objective, shared) for objective in profile.budget_objectives]
    before = tuple(job.name for job in jobs)
    jobs.append(Job(COLLECT, COLLECT, needs=before, parameters=shared))
    jobs.append(Job(LAWS, LAWS, needs=(COLLECT,), parameters=shared))
    jobs.append(Job(FIGURES, FIGURES, needs=(COLLECT,), parameters=shared))
    return jobs


def job(profile: Profile, name: str) -> Job:
    """The job called `name`; raises UnknownName with the nearest one."""
    jobs = {job.name: job for job in planned(profile)}
    if name not in jobs:
        raise UnknownName("job", name, jobs)
    return jobs[name]


def _model_jobs(profile: Profile, spec: ModelSpec, objective: str, shared: dict[str, str]) -> list[Job]:
    parameters = {**shared, "model": spec.name, "objective": objective}
    named = {"model": spec.name, "objective": objective, "threads": threads_for(spec.config.parameters)}
    ending = f"{spec.name}_{objective}"
    priority = _priority(profile, spec, objective)
    jobs = []
    for place in range(len(profile.pretraining_seeds(spec))) if objective != SCRATCH else ():
        which, given = (f"_seed{place}", {**parameters, "seed": str(place)}) if place else ("", parameters)
        named |= {"priority": priority, "needs": (CORPUS,)}
        jobs.append(Job(f"{PRETRAIN}_{ending}{which}", PRETRAIN, place=place, parameters=given, **named))
    if spec.role in profile.finetune.roles:
        needs = [job.name for job in jobs] or [CORPUS]
        if objective in profile.finetune.fixed_rate_objectives and spec.role != "target":
            needs.append(f"{FINETUNE}_{profile.target.name}_{objective}")
        named |= {"priority": priority + 1, "needs": tuple(needs)}
        jobs.append(Job(f"{FINETUNE}_{ending}", FINETUNE, parameters=parameters, **named))
    return jobs


def _budgets_job(profile: Profile, objective: str, shared: dict[str, str]) -> Job:
    spec = profile.budget_model
    ending = f"{spec.name}_{objective}"
    return Job(
        f"{BUDGETS}_{ending}", BUDGETS, needs=(f"{FINETUNE}_{ending}",), model=spec.name, objective=objective,
        priority=_priority(profile, spec, objective), threads=threads_for(spec.config.parameters),
        parameters={**shared, "objective": objective},
    )  # fmt: skip


def _priority(profile: Profile, spec: ModelSpec, objective: str) -> int:
    """Long jobs first, so that no large model runs alone at the end; first of all what the ladder waits for."""
    awaited = spec.role == "target" and objective in profile.finetune.fixed_rate_objectives
    sizes = sorted(model.config.parameters for model in profile.all_models())
    return (1000 if awaited else 0) + 2 * sizes.index(spec.config.parameters)
