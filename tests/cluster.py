"""`make cluster`: the profile smoke on a real Slurm of one node, installed and started here as root with apt.

The tables and figures must be byte-equal to a local run, with one job cancelled (scancel) and the controller of the
pipeline killed (kill -9) on the way. Everything but the packages lies in a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from csv import DictReader
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROFILE = "smoke"
LEDGER = "forecasts.csv"  # sealed with the date
SLURM_CONF = """
ClusterName=mini
SlurmctldHost={host}(127.0.0.1)
SlurmUser=slurm
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool-%n
SlurmctldPidFile={place}/log/slurmctld.pid
SlurmdPidFile={place}/spool-%n/slurmd.pid
SlurmctldLogFile={place}/log/slurmctld.log
SlurmdLogFile={place}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=30
KillWait=5
MinJobAge=3600
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
# without accounting: jobs are asked after at squeue
EXTRA = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "8", "--retries", "3"]


def main() -> int:
    """Run both ways and compare; returns the exit code."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return say("make cluster needs root and apt-get: it installs and starts a Slurm on this machine", 2)
    with tempfile.TemporaryDirectory(prefix="cluster-") as made:
        place = Path(made)
        place.chmod(0o755)
        install()
        local, remote = (project(place / name) for name in ("local", "remote"))
        with slurm(place / "slurm"):
            disturbed(remote)
            run(remote, ["--executor", "slurm", "--jobs", "2", "--", *EXTRA])
        run(local, ["--jobs", "2"])
        return compare(local, remote)


def install() -> None:
    """Slurm and munge from apt, where they are not there yet."""
    if not all(map(shutil.which, ("slurmctld", "slurmd", "munged"))):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "slurm-wlm", "munge"]):
            subprocess.run(["apt-get", *words], check=True, env=environment, stdout=subprocess.DEVNULL)


@contextmanager
def slurm(place: Path) -> Iterator[None]:
    """A Slurm of this machine alone, on the loopback device; stopped at the end."""
    spool = place / f"spool-{socket.gethostname()}"
    for folder in (place / "state", place / "log", spool):
        folder.mkdir(parents=True)
    for folder in (place / "state", place / "log"):
        shutil.chown(folder, "slurm")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 500
    facts = {"host": socket.gethostname(), "place": place, "cores": os.cpu_count(), "memory": memory}
    settings = place / "slurm.conf"
    settings.write_text(SLURM_CONF.format(**facts))
    link, before = Path(os.sep, "etc", "slurm", "slurm.conf"), None
    link.parent.mkdir(exist_ok=True)
    if link.is_file():
        before = link.read_bytes()
    link.unlink(missing_ok=True)
    link.symlink_to(settings)  # jobs within jobs read no other place
    munge = start_munge()
    try:
        subprocess.run(["slurmctld", "-f", settings], check=True)
        subprocess.run(["slurmd", "-f", settings, "-N", socket.gethostname()], check=True)
        wait_for(lambda: "idle" in output(["sinfo", "-h", "-o", "%T"]), 60, "the node to be idle")
        yield
    finally:
        for file in (place / "log" / "slurmctld.pid", spool / "slurmd.pid"):
            stop(file)
        if munge:
            munge.terminate()
            munge.wait()
        link.unlink()
        if before is not None:
            link.write_bytes(before)


def start_munge() -> subprocess.Popen | None:
    """The service that Slurm's parts trust each other by; None where it runs already."""
    if subprocess.run(["munge", "-n"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return None
    folder = Path(os.sep, "run", "munge")
    folder.mkdir(exist_ok=True)
    shutil.chown(folder, "munge", "munge")
    process = subprocess.Popen(
        ["setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged", "--foreground"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: (folder / "munge.socket.2").exists(), 30, "munge")
    return process


def project(folder: Path) -> Path:
    """A project folder with this checkout's pipeline and nothing that was run."""
    folder.mkdir()
    for name in ("Snakefile", "notebooks", "profiles"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "data").mkdir()
    (folder / "data" / "published").symlink_to(ROOT / "data" / "published")
    return folder


def command(folder: Path, words: list[str]) -> tuple[list[str], dict[str, str]]:
    """`scalescope reproduce` over a project folder, and its environment."""
    environment = {**os.environ, "SCALESCOPE_ROOT": str(folder)}
    environment.pop("SCALESCOPE_CACHE", None)  # what another run has encoded
    return [sys.executable, "-m", "scalescope.cli", "reproduce", "--profile", PROFILE, *words], environment


def run(folder: Path, words: list[str]) -> None:
    """Reproduce to the end; raises CalledProcessError."""
    words, environment = command(folder, words)
    subprocess.run(words, check=True, env=environment)


def disturbed(folder: Path) -> None:
    """Start on Slurm; cancel the first pretraining job, then kill the pipeline as soon as another one is done."""
    words, environment = command(folder, ["--executor", "slurm", "--jobs", "2", "--", *EXTRA])
    process = subprocess.Popen(words, env=environment)
    done = folder / "data" / "runs" / PROFILE / "products"
    try:
        wait_for(lambda: pretraining() is not None, 600, "a pretraining job in the queue")
        victim = pretraining() or ""
        subprocess.run(["scancel", victim], check=True)
        say(f"cancelled Slurm's job {victim}")
        wait_for(lambda: any(done.glob("20_pretrain*.json")), 600, "a pretraining job that is done")
        if process.poll() is not None:
            raise RuntimeError(f"the pipeline ended by itself, with exit code {process.returncode}")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    say("killed the pipeline; its jobs in the queue go on")


def pretraining() -> str | None:
    """Slurm's id of a running pretraining job."""
    for line in output(["squeue", "-h", "-t", "R", "-o", "%i %k"]).splitlines():
        if "pretrain" in line:
            return line.split()[0]
    return None


def compare(local: Path, remote: Path) -> int:
    """Compare every table and figure of both byte by byte; returns the exit code."""
    different, count = [], 0
    for part in ("data/results", "figures"):
        names = {
            path.relative_to(folder)
            for folder in (local, remote)
            for path in (folder / part / PROFILE).rglob("*")
            if path.suffix in (".csv", ".png", ".svg", ".md")
        }
        count += len(names)
        different += [name for name in sorted(names) if content(local / name) != content(remote / name)]
    for name in different:
        say(f"differs: {name}")
    text = f"{count} tables and figures, {len(different)} of them differ between Slurm and this machine"
    return say(text, 0 if count and not different else 1)


def content(path: Path) -> bytes | None:
    """Bytes of a file; None if there is none. Of a ledger of forecasts the rows without their dates, in any order."""
    if not path.is_file():
        return None
    if path.name != LEDGER:
        return path.read_bytes()
    with path.open(newline="") as lines:
        rows = [{name: cell for name, cell in row.items() if name not in ("date", "seal")} for row in DictReader(lines)]
    return repr(sorted(map(sorted, map(dict.items, rows)))).encode()


def stop(file: Path) -> None:
    """End the process whose id a file holds, and wait for its end."""
    if file.is_file():
        pid = int(file.read_text())
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not Path(os.sep, "proc", str(pid)).exists(), 30, f"process {pid} to end")


def wait_for(found: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until `found()` is true; raises TimeoutError naming what was waited for."""
    end = time.monotonic() + seconds
    while not found():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.5)


def output(words: list[str]) -> str:
    """What a command prints."""
    return subprocess.run(words, capture_output=True, text=True).stdout


def say(text: str, code: int = 0) -> int:
    """Tell one line; returns `code`."""
    print(text, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
