"""What the Snakefile asks about a profile: its wildcards, what a rule waits for, and what a job takes.

Imported wherever the Snakefile is parsed, on each node of a cluster too: no PyTorch here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scalescope import paths
from scalescope.experiment.profile import Profile, load_profile
from scalescope.experiment.record import recorded_threads
from scalescope.tables import SCRATCH
from scalescope.workflow.jobs import PAPER, Job, planned, seed_ending
from scalescope.workflow.plan import finetune_runs, job_seconds

SAFETY = 5  # times the planned time: a node may be slower than what the plan was made for
LEAST_MINUTES = 10
WORKER_MB = 1_500  # a kernel with PyTorch and the process that runs its notebook; the largest of smoke took 816
MEMBER_BYTES = 32  # per parameter of a member: weight, gradient, two moments, and as much again for temporary copies


class Graph:
    """The jobs of the profile in use.

    Attributes: `models`, `objectives`, `seeds` and `tasks`: regular expressions of the wildcards.
    """

    def __init__(self, profile: Profile, record: Path):
        self.profile = profile
        self.jobs = {job.name: job for job in planned(profile, str(record), recorded_threads(record))}
        self.models = _either(spec.name for spec in profile.all_models())
        self.objectives = _either(profile.objectives)
        self.seeds = _either({seed_ending(job.place) for job in self.jobs.values()})
        self.tasks = _either(profile.tasks)
        self._seconds = {name: job_seconds(profile, job) for name, job in self.jobs.items()}
        self._ahead = self._chains()

    @classmethod
    def read(cls, record: str) -> Graph:
        """The graph of the profile in a profile.json; raises ValueError where there is none."""
        file = Path(record).resolve()
        return cls(load_profile(str(file)), file)

    def made(self, *rules: str) -> list[str]:
        """The stamps of all jobs of some rules, of every job if none is named."""
        return [job.stamp for job in self.jobs.values() if not rules or job.rule in rules]

    def needs(self, name: str) -> Callable[[Any], list[str]]:
        """A function of wildcards that gives the stamps which a job waits for; `name` may hold wildcards."""
        return lambda wildcards: [self.jobs[before].stamp for before in self._job(name, wildcards).needs]

    def threads(self, name: str) -> Callable[[Any], int]:
        """A function of wildcards: threads of a job, decided where the pipeline was started."""
        return lambda wildcards: self._job(name, wildcards).threads

    def priority(self, name: str) -> Callable[[Any], int]:
        """A function of wildcards: nominal seconds from the start of a job to the end of the longest chain after it.

        The job with the longest way to go starts first, so that no large model runs alone at the end; of the ladder the
        smallest model, whose losses give a forecast of the larger ones.
        """
        return lambda wildcards: round(self._ahead[self._job(name, wildcards).name])

    def mem_mb(self, name: str) -> Callable[[Any, int], int]:
        """A function of wildcards and attempt: megabytes of a job; each attempt asks for more."""

        def memory(wildcards: Any, attempt: int) -> int:
            job = self._job(name, wildcards)
            members = 1  # at once, at most
            parameters = self.profile.model(job.model).config.parameters if job.model else 0
            if job.rule == "finetune":
                members = finetune_runs(self.profile, self.profile.model(job.model or ""), job.objective or SCRATCH)
            return attempt * (WORKER_MB + math.ceil(members * parameters * MEMBER_BYTES / 1e6))

        return memory

    def runtime(self, name: str) -> Callable[[Any, int], int]:
        """A function of wildcards and attempt: minutes that a job may take, from the plan; each attempt has more."""

        def minutes(wildcards: Any, attempt: int) -> int:
            job = self._job(name, wildcards)
            planned = self._seconds[job.name] / 60 / job.threads
            return attempt * max(LEAST_MINUTES, math.ceil(SAFETY * planned))

        return minutes

    def parameters(self, name: str) -> Callable[[Any], list[str]]:
        """A function of wildcards: the options -p of the notebook of a job."""
        return lambda wildcards: [f"-p{key}={value}" for key, value in self._job(name, wildcards).parameters.items()]

    def _job(self, name: str, wildcards: Any) -> Job:
        return self.jobs[name.format(**dict(wildcards.items()))]

    def _chains(self) -> dict[str, float]:
        """Seconds of the longest chain that begins with each job.

        Smaller models of the ladder count as if larger ones waited for them, which they do not: begun first, they are
        mostly done when a larger one begins, and give the forecast of it that is sealed.
        """
        ahead = dict(self._seconds)
        for job in reversed(self.jobs.values()):
            for name in job.needs:
                ahead[name] = max(ahead[name], self._seconds[name] + ahead[job.name])
        later = 0.0
        ladder = [spec for spec in self.profile.all_models() if spec.role == "ladder"]
        for spec in sorted(ladder, key=lambda spec: -spec.config.parameters):
            own = [job.name for job in self.jobs.values() if job.rule == "pretrain" and job.model == spec.name]
            ahead |= {name: max(ahead[name], later + 1) for name in own}
            later = max([later, *(ahead[name] for name in own)])
        return ahead


def source(station: str) -> str:
    """The committed notebook of a rule."""
    return str(paths.notebooks() / PAPER / f"{station}.ipynb")


def results(profile: str, *names: str) -> list[str]:
    """Tables of a profile."""
    return [str(paths.results(profile) / name) for name in names]


def _either(names: Iterable[str]) -> str:
    """A regular expression of some names, the longest first (grouped: Snakemake takes an empty one for none)."""
    return "(?:{})".format("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
