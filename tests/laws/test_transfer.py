"""How a budget is split between pretraining and finetuning."""

import pytest
from laws.truths import study

from scalescope.laws import TransferLaw


def test_allocation_equalises_the_gains():
    X, y = study(TransferLaw)
    law = TransferLaw(n_boot=0).fit(X, y)
    best = law.optimal_allocation(1e4, 1e-6, 1e-3)
    assert best.pretrain_tokens * 1e-6 + best.finetune_tokens * 1e-3 == pytest.approx(1e4)
    at = law.is_pretraining_worth(best.pretrain_tokens, best.finetune_tokens, 1e-6, 1e-3)
    assert at.ratio == pytest.approx(1, rel=1e-6)
    assert not law.is_pretraining_worth(100 * best.pretrain_tokens, best.finetune_tokens, 1e-6, 1e-3).worth
    with pytest.raises(ValueError, match="budget must be above zero; got 0"):
        law.optimal_allocation(0, 1, 1)
