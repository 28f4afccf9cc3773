"""Number formats and threads are decided without PyTorch where they can be, and jobs do as they are told."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from scalescope.errors import UnknownName
from scalescope.training import policy
from scalescope.training.device import use_threads


@pytest.fixture
def machine(monkeypatch):
    """A function that makes this machine look as if it had (or had not) a GPU and bf16 instructions."""

    def make(gpu: bool, bf16: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16, raising=False)

    return make


def test_precision_is_taken_as_wanted_or_by_what_the_machine_can(machine):
    machine(gpu=False, bf16=True)
    assert policy.pick_precision("fp32", 512) == "fp32" and policy.pick_precision("bf16", 8) == "bf16"
    assert [policy.pick_precision("auto", hidden) for hidden in (16, 48, 120)] == ["fp32", "bf16", "bf16"]
    machine(gpu=False, bf16=False)
    assert policy.pick_precision("auto", 120) == "fp32"
    machine(gpu=True, bf16=False)
    assert policy.pick_precision("auto", 16) == "bf16"
    with pytest.raises(UnknownName, match="did you mean 'bf16'"):
        policy.pick_precision("bf61", 16)


@pytest.mark.parametrize(
    ("gpu", "bf16", "decided"), [(False, True, "wide"), (False, False, "fp32"), (True, True, "bf16")]
)
def test_what_is_decided_on_one_machine_holds_on_every_other(machine, gpu, bf16, decided):
    machine(gpu, bf16)
    assert policy.decided_precision("auto") == decided
    here = [policy.pick_precision("auto", hidden) for hidden in (16, 120)]
    machine(not gpu, not bf16)
    assert [policy.pick_precision(decided, hidden) for hidden in (16, 120)] == here
    assert policy.decided_precision(decided) == decided


@pytest.mark.parametrize(
    ("cores", "parameters", "threads"),
    [(2, 10**9, 1), (8, 10**9, 2), (16, 10**6, 4), (16, 864_000, 1), (128, 10**9, 8)],
)
def test_large_models_get_more_threads_where_four_workers_still_have_room(
    monkeypatch, machine, cores, parameters, threads
):
    machine(gpu=False, bf16=False)
    monkeypatch.delenv(policy.THREADS, raising=False)
    monkeypatch.setattr(policy.os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert policy.threads_for(parameters) == threads
    before = torch.get_num_threads()
    use_threads(parameters)
    assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    machine(gpu=True, bf16=False)
    assert policy.threads_for(parameters) == 1


def test_a_job_has_the_threads_that_were_requested_for_it(monkeypatch):
    monkeypatch.setenv(policy.THREADS, "3")
    assert policy.threads_here(10) == policy.threads_here(10**9) == 3
    for wrong in ("0", "two", "-1", "1.5"):
        monkeypatch.setenv(policy.THREADS, wrong)
        with pytest.raises(ValueError, match=f"{policy.THREADS} is '{wrong}'"):
            policy.threads_here(10)


def test_a_process_without_torch_decides_alike_and_stays_without():
    code = (
        "import sys; from scalescope.training.policy import decided_precision; print(decided_precision('auto')); "
        "sys.exit('torch' in sys.modules)"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (asked.returncode, asked.stdout.strip()) == (0, policy.precision_here())


def test_plans_and_profiles_need_no_torch():
    code = (
        "import sys; from scalescope.workflow import jobs; from scalescope.experiment.profile import load_profile; "
        "jobs.planned(load_profile('quick')); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
