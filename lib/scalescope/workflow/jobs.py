"""The jobs of a profile: what each runs with which parameters, after which others. The Snakefile has a rule a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scalescope.errors import check_name
from scalescope.experiment.profile import ALL, ModelSpec, Profile
from scalescope.training.policy import threads_for

PAPER = "ivgi2022"
TEXT, ROWS = "text", "rows"  # rules without a notebook
CORPUS, PRETRAIN, FINETUNE, BUDGETS = "10_corpus_and_tasks", "20_pretrain", "30_finetune", "35_budgets"
COLLECT, LAWS, FIGURES = "40_collect", "50_laws", "60_figures"
STATIONS = (CORPUS, PRETRAIN, FINETUNE, BUDGETS, COLLECT, LAWS, FIGURES)


@dataclass(frozen=True)
class Job:
    """One job of the pipeline: a notebook with its parameters, or the encoding of the text or of a task's rows.

    name: "text", "rows_squad", "20_pretrain_ar16-l2_mlm", with "_seed1" behind it for the second pretraining seed, and
    "30_finetune_ar16-l2". station: the notebook, or "text" or "rows".
    place: of its pretraining seed in the profile's list. Finetuning handles all objectives (objective "all") and seeds
    of a model in one job, because members side by side cost less than one after the other. needs: names of the jobs
    that must be done before. threads: of its process. stamp, executed, log, mark: relative to the profile's folder.
    """

    name: str
    station: str
    needs: tuple[str, ...] = ()
    threads: int = 1
    model: str | None = None
    objective: str | None = None
    place: int = 0
    task: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The rule of the Snakefile that makes it."""
        return self.station.lstrip("0123456789_")

    @property
    def executed(self) -> str | None:
        """The executed notebook; None for a job that runs none."""
        return f"notebooks/{self.name}.ipynb" if self.station in STATIONS else None

    @property
    def stamp(self) -> str:
        """What says that the job is done, and what it made (see products.py)."""
        return f"products/{self.name}.json"

    @property
    def log(self) -> str:
        """What the job printed."""
        return f"logs/{self.name}.log"

    @property
    def mark(self) -> str:
        """Where the job says how far it is (see progress.py)."""
        return f"jobs/{self.name}.json"


def planned(
    profile: Profile, profile_argument: str | None = None, threads: Mapping[str, int] | None = None
) -> list[Job]:
    """All jobs of a profile, those that others need first.

    profile_argument (name or path) is handed to the notebooks as it is. threads: of a worker by model, as they were
    decided where the pipeline was started; by default as this machine would decide. Pretraining needs the text only, so
    rows are encoded beside it. Models that do not depend on each other run side by side; a model is finetuned after the
    target where that decides its fixed learning rate. The target is pretrained after the ladder, whose losses give the
    forecast of it that is sealed first. Budgets wait for the finetuning of their model, which finds their rates.
    """
    shared = {"profile": profile_argument or profile.name}
    rows = [Job(f"{ROWS}_{name}", ROWS, needs=(TEXT,), task=name) for name in profile.tasks]
    encoded = (TEXT, *(job.name for job in rows))
    jobs = [Job(TEXT, TEXT), *rows, Job(CORPUS, CORPUS, needs=encoded, parameters=shared)]
    models = sorted(profile.all_models(), key=lambda spec: spec.role == "target")
    pretraining = {spec.name: _pretrain_jobs(profile, spec, shared, _threads(spec, threads)) for spec in models}
    jobs += [job for own in pretraining.values() for job in own]
    for spec in reversed(models):
        if spec.role in profile.finetune.roles:
            needs = (*encoded, *(job.name for job in pretraining[spec.name]))
            if profile.finetune.fixed_rate_objectives and spec.role != "target":  # which decides this rate
                needs = (*needs, f"{FINETUNE}_{profile.target.name}")
            name, own = f"{FINETUNE}_{spec.name}", {**shared, "model": spec.name}
            size = {"threads": _threads(spec, threads), "model": spec.name}
            jobs.append(Job(name, FINETUNE, needs, objective=ALL, parameters=own, **size))
    for objective in profile.budget_objectives:
        spec, own = profile.budget_model, {**shared, "objective": objective}
        name, needs = f"{BUDGETS}_{spec.name}_{objective}", (f"{FINETUNE}_{spec.name}",)
        size = {"threads": _threads(spec, threads), "model": spec.name}
        jobs.append(Job(name, BUDGETS, needs, objective=objective, parameters=own, **size))
    jobs.append(Job(COLLECT, COLLECT, tuple(job.name for job in jobs if job.model is not None), parameters=shared))
    return [*jobs, *(Job(station, station, (COLLECT,), parameters=shared) for station in (LAWS, FIGURES))]


def job(profile: Profile, name: str) -> Job:
    """The job called `name`; raises UnknownName with the nearest one."""
    jobs = {job.name: job for job in planned(profile)}
    return jobs[check_name("job", name, jobs)]


def _threads(spec: ModelSpec, threads: Mapping[str, int] | None) -> int:
    known = (threads or {}).get(spec.name)
    return threads_for(spec.config.parameters) if known is None else known


def seed_ending(place: int) -> str:
    """What the name of a pretraining job ends in: nothing for the first seed, "_seed1" for the second."""
    return f"_seed{place}" if place else ""


def _pretraining(profile: Profile, spec: ModelSpec, objective: str) -> list[str]:
    """Names of the pretraining jobs of a model, one per seed."""
    places = range(len(profile.pretraining_seeds(spec)))
    return [f"{PRETRAIN}_{spec.name}_{objective}{seed_ending(place)}" for place in places]


def _pretrain_jobs(profile: Profile, spec: ModelSpec, shared: dict[str, str], threads: int) -> list[Job]:
    """The pretraining jobs of a model, one per objective and seed; the target's wait for the ladder's."""
    jobs, ladder = [], [each for each in profile.all_models() if each.role == "ladder"]
    for objective in profile.objectives:
        before = [name for each in ladder for name in _pretraining(profile, each, objective)]
        needs = (TEXT, *before) if spec.role == "target" else (TEXT,)
        for place, name in enumerate(_pretraining(profile, spec, objective)):
            own = {**shared, "model": spec.name, "objective": objective, **({"seed": str(place)} if place else {})}
            size = {"threads": threads, "model": spec.name}
            jobs.append(Job(name, PRETRAIN, needs, objective=objective, place=place, parameters=own, **size))
    return jobs
