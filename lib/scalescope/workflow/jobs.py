"""The jobs of a profile: which notebook runs with which parameters, after which others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scalescope import paths
from scalescope.errors import UnknownName
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.training.device import threads_for

PAPER = "ivgi2022"
CORPUS, PRETRAIN, FINETUNE, BUDGETS = "10_corpus_and_tasks", "20_pretrain", "30_finetune", "35_budgets"
COLLECT, LAWS, FIGURES = "40_collect", "50_laws", "60_figures"
STATIONS = (CORPUS, PRETRAIN, FINETUNE, BUDGETS, COLLECT, LAWS, FIGURES)


@dataclass(frozen=True)
class Job:
    """One notebook with its parameters.

    name: "20_pretrain_ar16-l2_mlm", with "_seed1" behind it for the second pretraining seed, and "30_finetune_ar16-l2".
    place: of its pretraining seed in the profile's list. Finetuning handles all objectives (objective "all") and seeds
    of a model in one job, because members side by side cost less than one after the other. needs: names of the jobs
    that must be done before. priority: of the jobs that could start, the highest starts first. threads: of its process.
    out, log, mark: relative to the profile's folder.
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
    side by side; a model is finetuned after the target where that decides its fixed learning rate. The target is
    pretrained after the ladder, whose losses give the forecast of it that is sealed first. Budgets wait for the
    finetuning of their model, which finds their learning rates.
    """
    shared = {"profile": profile_argument or profile.name}
    jobs = [Job(CORPUS, CORPUS, priority=10**6, parameters=shared)]
    pretraining = {spec.name: _pretrain_jobs(profile, spec, shared) for spec in profile.all_models()}
    jobs += [job for own in pretraining.values() for job in own]
    for spec in sorted(profile.all_models(), key=lambda spec: spec.role != "target"):
        if spec.role in profile.finetune.roles:
            jobs.append(_finetune_job(profile, spec, pretraining[spec.name], shared))
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


def _pretrain_jobs(profile: Profile, spec: ModelSpec, shared: dict[str, str]) -> list[Job]:
    """The pretraining jobs of a model, one per objective and seed; the target's wait for the ladder's."""
    jobs = []
    for objective in profile.objectives:
        needs = [CORPUS]
        if spec.role == "target":
            needs += [
                _pretraining(ladder.name, objective, place)
                for ladder in profile.all_models() if ladder.role == "ladder"
                for place in range(len(profile.pretraining_seeds(ladder)))
            ]  # fmt: skip
        for place in range(len(profile.pretraining_seeds(spec))):
            parameters = {**shared, "model": spec.name, "objective": objective}
            jobs.append(Job(
                _pretraining(spec.name, objective, place), PRETRAIN, objective=objective, place=place,
                parameters={**parameters, "seed": str(place)} if place else parameters, model=spec.name,
                priority=_priority(profile, spec), threads=threads_for(spec.config.parameters), needs=tuple(needs),
            ))  # fmt: skip
    return jobs


def _pretraining(model: str, objective: str, place: int) -> str:
    """Name of a pretraining job."""
    return f"{PRETRAIN}_{model}_{objective}" + (f"_seed{place}" if place else "")


def _finetune_job(profile: Profile, spec: ModelSpec, pretraining: list[Job], shared: dict[str, str]) -> Job:
    """The finetuning job of a model, after its pretraining, and after the target where that decides a learning rate."""
    needs = [job.name for job in pretraining]
    if profile.finetune.fixed_rate_objectives and spec.role != "target":
        needs.append(f"{FINETUNE}_{profile.target.name}")
    return Job(
        f"{FINETUNE}_{spec.name}", FINETUNE, objective=ALL, parameters={**shared, "model": spec.name}, model=spec.name,
        priority=_priority(profile, spec) + 1, threads=threads_for(spec.config.parameters), needs=tuple(needs),
    )  # fmt: skip


def _budgets_job(profile: Profile, objective: str, shared: dict[str, str]) -> Job:
    spec = profile.budget_model
    ending = f"{spec.name}_{objective}"
    return Job(
        f"{BUDGETS}_{ending}", BUDGETS, needs=(f"{FINETUNE}_{spec.name}",), model=spec.name, objective=objective,
        priority=_priority(profile, spec), threads=threads_for(spec.config.parameters),
        parameters={**shared, "objective": objective},
    )  # fmt: skip


def _priority(profile: Profile, spec: ModelSpec) -> int:
    """Long jobs first, so that no large model runs alone at the end; first of all what the ladder waits for."""
    awaited = spec.role == "target" and bool(profile.finetune.fixed_rate_objectives)
    sizes = sorted(model.config.parameters for model in profile.all_models())
    return (1000 if awaited else 0) + 2 * sizes.index(spec.config.parameters)
