from pathlib import Path

from scalescope.training.store import Run
from scalescope.training.sweep import repeat, sweep


def make(values, calls):
    def train(members):
        calls.append(members)
        runs = []
        for rate, seed in members:
            value = values.get(rate)
            manifest = {"status": "failed" if value is None else "finished", "summary": {"value": value}}
            runs.append(Run(f"{rate}-{seed}", Path("."), manifest))
        return runs

    return train


def test_grid_at_one_seed_with_the_fixed_rate_then_seeds_at_the_best():
    calls = []
    values = {0.1: 0.5, 0.2: 0.7, 0.3: 0.6}
    done = sweep(make(values, calls), learning_rates=[0.3, 0.1, 0.2], seeds=[0, 1, 2], fixed_rate=0.1)
    assert done.best_rate == 0.2
    assert [run.id for run in done.tuned] == ["0.2-0", "0.2-1", "0.2-2"]
    assert [run.id for run in done.fixed] == ["0.1-0", "0.1-1", "0.1-2"]
    assert calls == [[(0.1, 0), (0.2, 0), (0.3, 0), (0.1, 1), (0.1, 2)], [(0.2, 1), (0.2, 2)]]
    assert len(done.runs) == 3 + 2 + 2


def test_failed_runs_never_win_and_a_failed_grid_gives_no_points():
    done = sweep(make({0.1: 0.5, 0.2: None}, []), learning_rates=[0.1, 0.2], seeds=[0, 1])
    assert done.best_rate == 0.1 and done.fixed == []
    calls = []
    none = sweep(make({}, calls), learning_rates=[0.1, 0.2], seeds=[0, 1])
    assert none.best_rate is None and none.tuned == [] and len(none.runs) == 2 and len(calls) == 1


def test_a_tie_goes_to_the_smaller_rate_and_equal_rates_are_trained_once():
    calls = []
    done = sweep(make({0.1: 0.5, 0.2: 0.5}, calls), learning_rates=[0.2, 0.1], seeds=[0, 1], fixed_rate=0.1)
    assert done.best_rate == 0.1 and done.tuned == done.fixed
    assert calls == [[(0.1, 0), (0.2, 0), (0.1, 1)]]


def test_another_pretraining_seed_has_all_seeds_at_the_rates_that_are_known():
    calls = []
    done = repeat(make({0.1: 0.5, 0.2: 0.7}, calls), best_rate=0.2, fixed_rate=0.1, seeds=[0, 1])
    assert calls == [[(0.2, 0), (0.2, 1), (0.1, 0), (0.1, 1)]], "no grid"
    assert [run.id for run in done.tuned] == ["0.2-0", "0.2-1"] and [run.id for run in done.fixed] == ["0.1-0", "0.1-1"]
    same = repeat(make({0.1: 0.5}, calls), best_rate=0.1, fixed_rate=0.1, seeds=[0, 1])
    assert same.tuned == same.fixed and len(same.runs) == 2 and len(calls) == 2
    assert repeat(make({}, calls), best_rate=None, fixed_rate=None, seeds=[0]).runs == [] and len(calls) == 2
