import pytest
import torch

from scalescope.errors import UnknownName
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Encoder
from scalescope.model.heads import Head, TaskModel

SMALL = EncoderConfig(aspect_ratio=8, layers=2, heads=2, vocabulary_size=50, max_length=16)


@pytest.mark.parametrize(("family", "shape"), [("classification", (4, 3)), ("choice", (4, 1)), ("span", (4, 9, 2))])
def test_head_shapes(family, shape):
    model = TaskModel(Encoder(SMALL, seed=0), Head(family, SMALL.hidden, 3, 0.0))
    outputs = model(torch.randint(5, 50, (4, 9)), torch.tensor([9, 9, 8, 2]))
    assert outputs.shape == shape


@pytest.mark.parametrize("family", ["classification", "choice"])
def test_a_head_on_cls_gets_the_state_that_the_whole_sequence_would_give(family):
    model = TaskModel(Encoder(SMALL, seed=0), Head(family, SMALL.hidden, 3, 0.0))
    tokens, lengths = torch.randint(5, 50, (4, 9)), torch.tensor([9, 9, 8, 2])
    every = model.encoder(tokens, lengths)
    torch.testing.assert_close(model(tokens, lengths), model.head(every), atol=1e-5, rtol=1e-5)


def test_an_unknown_head_is_refused_with_the_nearest_valid_choice():
    with pytest.raises(UnknownName, match="unknown head 'spam'; did you mean 'span'"):
        Head("spam", 8, 2, 0.0)
