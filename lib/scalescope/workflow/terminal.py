"""The pipeline on the terminal: jobs done and running, time left. A live table, or plain lines without a tty."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from scalescope.experiment.profile import Profile
from scalescope.experiment.progress import read_mark
from scalescope.workflow.jobs import planned
from scalescope.workflow.plan import job_seconds

POLL_SECONDS = 0.5
PLAIN_SECONDS = 60.0  # without a tty: a line at least this often
BELIEVED_SECONDS = 60.0  # the nominal speed counts as much as what so many seconds have shown


class Watch:
    """Follows one run of Snakemake by its log and by the marks of the jobs."""

    def __init__(self, profile: Profile, folder: Path, log: Path, workers: int = 1, console: Console | None = None):
        self.folder, self.log, self.workers = folder, log, workers
        self.console = console or Console(soft_wrap=True, markup=False, highlight=False)
        self.jobs = {job.name: job for job in planned(profile)}
        self.marks = {name: folder / job.mark for name, job in self.jobs.items()}
        self.weights = {job.name: job_seconds(profile, job) for job in planned(profile)}
        self.title = f"scalescope {profile.name}"
        self.started = time.time()
        self.told: set[str] = set()

    def follow(self, process: subprocess.Popen) -> int:
        """Show progress until the process ends; returns its exit code."""
        if not self.console.is_terminal:
            return self._follow_plain(process)
        with Live(console=self.console, refresh_per_second=2) as live:
            while process.poll() is None:
                live.update(self._table())
                time.sleep(POLL_SECONDS)
            live.update(self._table())
        return process.returncode

    def failed(self) -> list[tuple[str, str]]:
        """Jobs of this run that failed, or were killed, with the reason in one line.

        What Snakemake says counts too: a job whose status file is empty or cut is not left out. A job that ended well
        at a later attempt has not failed.
        """
        found = {}
        for name, state in self._states().items():
            if state["state"] == "failed":
                found[name] = (str(state.get("error") or "").splitlines() or [""])[0][:300]
            elif state["state"] == "running":
                found[name] = "was killed, or its process died without a word"
        for block in re.split(r"^Error in (?:group|rule) \S+?:", self._text(), flags=re.MULTILINE)[1:]:
            stamp = re.search(r"^\s+output: .*?products/(\S+?)\.json", block, re.MULTILINE)
            name = stamp[1] if stamp else ""
            if name in self.jobs and not (self.folder / self.jobs[name].stamp).is_file():
                found.setdefault(name, "failed; its status file does not say why")
        return list(found.items())

    def line(self) -> str:
        """One line: jobs done of all that this run needs, what is running, time left."""
        wanted, states = sum(self._wanted().values()), self._states()
        done = [name for name, state in states.items() if state["state"] == "done"]
        running = [_running(name, state) for name, state in states.items() if state["state"] == "running"]
        left = self.seconds_left()
        parts = [f"{len(done)} of {wanted} jobs done" if wanted else "looking at what is missing"]
        parts += [f"running {', '.join(running)}"] if running else []
        parts += [f"about {duration(left)} left"] if left is not None else []
        return "; ".join(parts)

    def seconds_left(self) -> float | None:
        """Time left, from the time that the work done so far took; None until something is done.

        The nominal speed of all workers counts too (BELIEVED_SECONDS of it): the first job says little about the rest.
        """
        total, finished = self._weight(), 0.0
        for name, state in self._states().items():
            share = {"done": 1.0, "failed": 1.0}.get(state.get("state", ""), 0.0)
            if state.get("state") == "running" and state.get("total"):
                share = min(state["step"] / max(state["total"], 1), 1.0)
            finished += share * self.weights[name]
        if not finished:
            return None
        elapsed = time.time() - self.started + BELIEVED_SECONDS
        return elapsed * max(total - finished, 0.0) / (finished + BELIEVED_SECONDS * self.workers)

    def _follow_plain(self, process: subprocess.Popen) -> int:
        spoken = 0.0
        while True:
            code = process.poll()
            states = self._states()
            for name, state in states.items():
                if state["state"] in ("done", "failed") and name not in self.told:
                    self.told.add(name)
                    took = duration(state.get("ended", time.time()) - state["started"])
                    self.console.print(f"{state['state']} {name} ({took}); {self.line()}")
                    spoken = time.time()
            if code is not None:
                if code == 0 and not self.told:
                    self.console.print("nothing is missing")
                return code
            if time.time() - spoken > PLAIN_SECONDS:
                self.console.print(self.line())
                spoken = time.time()
            time.sleep(POLL_SECONDS)

    def _table(self) -> Table:
        table = Table(title=f"{self.title}: {self.line().split('; running')[0]}", title_justify="left", box=None)
        for column in ("job", "", "step", "now"):
            table.add_column(column)
        for name, state in self._states().items():
            if state["state"] == "running":
                step = f"{state['step']} of {state['total']}" if "total" in state else ""
                since = duration(time.time() - state["started"])
                table.add_row(name, since, step, state.get("note", ""))
            elif state["state"] == "failed":
                table.add_row(name, "failed", "", state.get("error", "")[:80])
        left = self.seconds_left()
        table.caption = f"about {duration(left)} left" if left is not None else "estimating the time left"
        return table

    def _wanted(self) -> dict[str, int]:
        """How many jobs of each rule this run of Snakemake has to do, from the statistics it prints first."""
        statistics = self._text().partition("Job stats:")[2].partition("\n\n")[0]
        rules = {job.rule for job in self.jobs.values()}
        listed = re.findall(r"^(\S+)\s+(\d+)$", statistics, re.MULTILINE)
        return {rule: int(count) for rule, count in listed if rule in rules}

    def _weight(self) -> float:
        """Nominal seconds of all jobs of this run: of a rule that does only some, its mean job so many times."""
        total = 0.0
        for rule, count in self._wanted().items():
            own = [self.weights[name] for name, job in self.jobs.items() if job.rule == rule]
            total += count * sum(own) / len(own)
        return total

    def _text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.is_file() else ""

    def _states(self) -> dict[str, dict]:
        states = {name: read_mark(mark) for name, mark in self.marks.items()}
        return {name: s for name, s in states.items() if s.get("started", 0) >= self.started - 1}


def duration(seconds: float) -> str:
    """Seconds as a person says them: "8 s", "12 min", "3.5 h", "12 days", "4.1 years"."""
    for limit, unit, name, digits in ((90, 1, "s", 0), (5400, 60, "min", 0), (172800, 3600, "h", 1)):
        if seconds < limit:
            return f"{seconds / unit:.{digits}f} {name}"
    days = seconds / 86400
    return f"{days:.0f} days" if days < 730 else f"{days / 365.25:.0f} years"


def _running(name: str, state: dict) -> str:
    return f"{name} ({state['step']}/{state['total']})" if "total" in state else name
