import pytest
import torch

from scalescope.errors import UnknownName
from scalescope.training import device


def test_precision_is_taken_as_wanted_or_by_what_the_machine_can(monkeypatch):
    assert device.pick_precision("fp32", 512) == "fp32" and device.pick_precision("bf16", 8) == "bf16"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    assert [device.pick_precision("auto", hidden) for hidden in (16, 48, 120)] == ["fp32", "bf16", "bf16"]
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)
    assert device.pick_precision("auto", 120) == "fp32"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.pick_precision("auto", 16) == "bf16"


def test_autocast_computes_in_the_precision_it_names():
    left, right = torch.randn(4, 4), torch.randn(4, 4)
    with device.autocast(torch.device("cpu"), "bf16"):
        assert (left @ right).dtype == torch.bfloat16
    with device.autocast(torch.device("cpu"), "fp32"):
        assert (left @ right).dtype == torch.float32
    with pytest.raises(UnknownName, match="did you mean 'bf16'"):
        device.autocast(torch.device("cpu"), "bf61")


@pytest.mark.parametrize(
    ("cores", "parameters", "threads"),
    [(2, 10**9, 1), (8, 10**9, 2), (16, 10**6, 4), (16, 864_000, 1), (128, 10**9, 8)],
)
def test_large_models_get_more_threads_where_four_workers_still_have_room(monkeypatch, cores, parameters, threads):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert device.threads_for(parameters) == threads
    before = torch.get_num_threads()
    device.use_threads(parameters)
    assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.threads_for(parameters) == 1
