import pytest
import torch
from training.toys import make_config, make_corpus

from scalescope.training.pretrain import pretrain
from scalescope.training.store import Store


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def pretrained(store):
    return pretrain(make_config(), make_corpus(64, 0), make_corpus(32, 1), store)
