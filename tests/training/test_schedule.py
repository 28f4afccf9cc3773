import pytest

from scalescope.errors import UnknownName
from scalescope.training.schedule import schedule


def test_linear_warms_up_and_falls_to_zero():
    factor = schedule("linear", steps=110, warmup_steps=10)
    values = [factor(step) for step in range(110)]
    assert values[0] == pytest.approx(0.1) and values[9] == 1 and values[10] == 1
    assert values[60] == pytest.approx(0.5)
    assert values[-1] == pytest.approx(0.01)
    assert factor(110) == 0


def test_stable_phase_and_decay():
    factor = schedule("wsd", steps=100, warmup_steps=5, decay_fraction=0.2)
    assert all(factor(step) == 1 for step in range(5, 80))
    assert factor(90) == pytest.approx(0.5)


def test_constant_stays_and_unknown_is_refused():
    factor = schedule("constant", steps=20, warmup_steps=2)
    assert [factor(0), factor(2), factor(19)] == [0.5, 1, 1]
    with pytest.raises(UnknownName, match="did you mean 'linear'"):
        schedule("liner", steps=20, warmup_steps=2)
