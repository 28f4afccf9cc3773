import math

import pytest
import torch

from scalescope.training.loop import Diverged, Patience


def test_patience_counts_steps_since_the_best_and_keeps_its_weights():
    model = torch.nn.Linear(1, 1, bias=False)
    patience = Patience(steps=20)
    answers = []
    for step, loss in [(10, 3.0), (20, 2.0), (30, 2.5), (40, 2.1)]:
        torch.nn.init.constant_(model.weight, step)
        answers.append(patience.update(step, loss, model.state_dict))
    assert answers == [False, False, False, True]
    assert (patience.best_step, patience.best_loss) == (20, 2.0)
    assert patience.best_weights["weight"].item() == 20


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_diverges(loss):
    with pytest.raises(Diverged, match="at step 10"):
        Patience(5).update(10, loss, torch.nn.Linear(1, 1).state_dict)
