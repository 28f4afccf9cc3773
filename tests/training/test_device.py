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
