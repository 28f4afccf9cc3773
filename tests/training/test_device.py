import pytest
import torch

from scalescope.errors import UnknownName
from scalescope.training import device


def test_autocast_computes_in_the_precision_it_names():
    left, right = torch.randn(4, 4), torch.randn(4, 4)
    with device.autocast(torch.device("cpu"), "bf16"):
        assert (left @ right).dtype == torch.bfloat16
    with device.autocast(torch.device("cpu"), "fp32"):
        assert (left @ right).dtype == torch.float32
    with pytest.raises(UnknownName, match="did you mean 'bf16'"):
        device.autocast(torch.device("cpu"), "bf61")


def test_a_run_says_where_it_trains():
    said = device.described("fp32")
    assert said.startswith(f"device: {device.pick_device().type}") and said.endswith(", fp32")
    with pytest.raises(UnknownName, match="fp32"):
        device.described("fp23")
