"""Compute-optimal splits: any budget, any rule of FLOPs, asked from either side, and refused where there is none."""

import numpy as np
import pytest
from laws.truths import study

from scalescope.laws import ChinchillaLaw, OvertrainingLaw, SuspectInput, TransferLaw


@pytest.fixture(scope="module", params=[ChinchillaLaw, OvertrainingLaw])
def law(request):
    return request.param(n_boot=50, warn_beyond=None).fit(*study(request.param, 0.01))


def attention(n):
    return 6 * n + 1e5 * np.sqrt(n)


@pytest.mark.parametrize("rule", [6.0, 8.0, attention])
def test_no_other_split_of_the_budget_is_better(law, rule):
    best = law.compute_optimal(1e21, flops_per_token=rule)
    n = best.parameters * np.array([0.8, 0.95, 1.0, 1.05, 1.2])
    per_token = rule(n) if callable(rule) else rule * n
    loss = law.predict(np.column_stack([n, 1e21 / per_token]))
    assert np.argmin(loss) == 2 and loss[2] == pytest.approx(best.loss)
    for side in ("parameters", "tokens"):
        back = law.compute_optimal(**{side: float(getattr(best, side))}, flops_per_token=rule)
        assert back.flops == pytest.approx(1e21, rel=1e-5) and back.loss == pytest.approx(best.loss)


@pytest.mark.parametrize("kind", [ChinchillaLaw, OvertrainingLaw, TransferLaw])
@pytest.mark.parametrize("interval", ["bootstrap", "residual", "profile"])
def test_answers_of_a_law_with_as_many_points_as_parameters_have_an_endless_interval(kind, interval):
    X, y = study(kind, 0.01)
    at = np.sort(np.random.default_rng(3).permutation(len(X))[: len(kind.parameters)])
    law = kind(n_boot=20, interval=interval, warn_beyond=None).fit(X[at], y[at])
    if kind is TransferLaw:
        worth = law.is_pretraining_worth(1e8, 1e6, 1.0, 1.0)
        answers = [worth.ratio, law.optimal_allocation(1e9, 1.0, 10.0).loss]
        assert np.isnan(worth.probability)
    else:
        best = law.compute_optimal(1e21)
        answers = [best.parameters, best.tokens, best.loss, law.compute_exponents().parameters]
    assert all((one.low, one.high) == (0, np.inf) and np.isfinite(one) for one in answers)


def test_a_rule_given_as_a_function_is_the_same_rule(law):
    plain, function = law.compute_optimal(1e21), law.compute_optimal(1e21, flops_per_token=lambda n: 6 * n)
    assert function.parameters == pytest.approx(plain.parameters, rel=1e-6)
    assert function.parameters.low == pytest.approx(plain.parameters.low, rel=1e-6)


def test_budgets_give_a_list_along_the_exponents(law):
    first, second = law.compute_optimal([1e20, 1e22])
    growth = law.compute_exponents()
    assert np.log(second.parameters / first.parameters) / np.log(100) == pytest.approx(growth.parameters)
    assert growth.parameters + growth.tokens == pytest.approx(1)
    assert growth.parameters.low <= growth.parameters <= growth.parameters.high


def test_exponents_of_the_truth_lie_in_their_interval():
    found = ChinchillaLaw(n_boot=200).fit(*study(ChinchillaLaw, 0.01)).compute_exponents()
    assert found.parameters.low < 0.37 / 0.72 < found.parameters.high


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_term_of_zero_has_no_optimum(name):
    law = ChinchillaLaw(n_boot=0, fixed={name: 0.0}).fit(*study(ChinchillaLaw, 0.01))
    word = {"A": "parameters", "B": "tokens"}[name]
    for ask in (lambda: law.compute_optimal(1e21), law.compute_exponents):
        with pytest.raises(ValueError, match=f"no compute optimum: its term in {word} is 0"):
            ask()


def test_replicates_without_a_term_leave_numbers_in_the_intervals():
    X, y = study(ChinchillaLaw, 0.01)
    law = ChinchillaLaw(n_boot=20).fit(X, y)
    law.bootstrap_.params["A"][:5] = 0.0
    best = law.compute_optimal(1e21)
    assert (
        best.parameters.low == 0 and best.tokens.high == np.inf and np.isfinite([best.loss.low, best.loss.high]).all()
    )


def test_transfer_without_pretraining_effect_is_refused():
    X, y = study(TransferLaw, 0.01)
    law = TransferLaw(n_boot=0, fixed={"A": 0.0}).fit(X, y)
    with pytest.raises(ValueError, match="A = 0: pretraining changes nothing"):
        law.optimal_allocation(1e4, 1e-6, 1e-3)


def test_questions_are_checked(law):
    with pytest.raises(ValueError, match="give one of flops, parameters and tokens; got none"):
        law.compute_optimal()
    with pytest.raises(ValueError, match="got flops, tokens"):
        law.compute_optimal(1e20, tokens=1e9)
    with pytest.raises(ValueError, match=r"flops must be above zero.*entry 1 is -1"):
        law.compute_optimal([1e20, -1])
    with pytest.raises(ValueError, match="growth of flops_per_token with parameters must be above zero"):
        law.compute_optimal(1e20, flops_per_token=lambda n: 1e9 + 0 * n)


@pytest.mark.parametrize("kind", [ChinchillaLaw, OvertrainingLaw])
def test_compute_optimal_is_the_lowest_point_of_the_budget(kind):
    X, y = study(kind)
    law = kind(n_boot=0, warn_beyond=None).fit(X, y)
    best = law.compute_optimal(1e21)
    assert 6 * best.parameters * best.tokens == pytest.approx(1e21)
    n = best.parameters * np.array([0.9, 1.0, 1.1])
    loss = law.predict(np.stack([n, 1e21 / (6 * n)], axis=1))
    assert loss[1] == pytest.approx(best.loss) and loss[1] < min(loss[0], loss[2])
    with pytest.raises(ValueError, match="flops must be above zero; got 0"):
        law.compute_optimal(0)


def test_a_rule_gives_as_many_numbers_as_it_is_asked_for(law):
    for rule in (lambda n: 6 * n[0], lambda n: 6 * n[None]):
        with pytest.raises(ValueError, match="flops_per_token must give one number per number of parameters"):
            law.compute_optimal(1e21, flops_per_token=rule)


RULES = [
    (
        lambda n: 1 / 0,
        r"flops_per_token, asked for 1.00001e\+10 parameters, raised ZeroDivisionError \(division by zero\)",
    ),
    (lambda n: n["parameters"], "raised IndexError"),
    (lambda: 6, "raised TypeError .*takes 0 positional arguments"),
    (lambda n: "six", r"It gave 'six' for 1.00001e\+10 parameters"),
    (lambda n: n * np.nan, r"entry 0 is nan. It gave array\(\[nan\]\) for 1.00001e\+10 parameters"),
    (lambda n: -n, r"entry 0 is -1.00001e\+10"),
    (lambda n: {"flops": n}, "got a dict with the keys 'flops'"),
]


@pytest.mark.parametrize(("rule", "told"), RULES)
def test_a_rule_that_fails_is_told_with_what_it_was_asked(law, rule, told):
    with pytest.raises(ValueError, match=told) as error:
        law.compute_optimal(parameters=1e10, flops_per_token=rule)
    assert "a rule takes parameters [n] and gives FLOPs per token [n]" in str(error.value)


QUESTIONS = [
    ("alhpa", "unknown parameter 'alhpa'; did you mean 'a"),
    ("E", "a question is a function of the parameters, such as lambda p: .*got 'E'"),
    (None, "a question is a function of the parameters.*got None"),
    (lambda p: p["alhpa"], "unknown parameter 'alhpa'; did you mean 'a"),
    (lambda p: 3.0, r"it gave the shape \[\] for 1 set"),
    (lambda p: p["E"][:, None], r"it gave the shape \[1, 1\] for 1 set"),
    (lambda p: "x", "it gave 'x'"),
]


@pytest.mark.parametrize(("question", "told"), QUESTIONS)
def test_a_question_that_is_none_is_told(law, question, told):
    with pytest.raises(ValueError, match=told):
        law.ask(question)


@pytest.mark.parametrize("level", [95, 0, "0.95", None])
def test_a_level_is_checked_without_intervals_too(law, level):
    for ask in (lambda: law.compute_optimal(1e21, level), lambda: law.compute_exponents(level)):
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            ask()


def test_amounts_that_no_one_can_mean(law):
    for value in (1e120, 1e-120):
        with pytest.raises(ValueError, match="flops must lie between 1e-100 and"):
            law.compute_optimal(value)


def test_no_budget_is_no_question(law):
    with pytest.raises(ValueError, match=r"flops must hold at least one budget; got \[\]"):
        law.compute_optimal([])


def test_a_budget_in_another_unit_draws_a_warning(law):
    with pytest.warns(SuspectInput, match=r"flops 1e\+05 is where parameters reaches"):
        law.compute_optimal(1e5)
