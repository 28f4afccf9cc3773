"""Masked rows, text, and labels that are missing: nothing that is no number is read as one."""

import numpy as np
import pandas as pd
import pytest
from laws.truths import TRUTHS, study

from scalescope.laws import ChinchillaLaw, PowerLaw, ShiftedPowerLaw, TrajectoryLaw, TransferLaw

SIZES = np.array([1e4, 3e4, 1e5, 3e5, 1e6, 3e6])
Y = 5 * SIZES**-0.1


def masked(values, at):
    return np.ma.masked_array(values, mask=np.arange(len(values)) == at)


@pytest.mark.parametrize("where", ["y", "X", "sample_weight"])
def test_a_masked_row_is_left_out_and_told(where):
    y, X, weight = Y.copy(), SIZES.copy(), np.ones(6)
    y[3] = 50.0 if where != "X" else y[3]
    X[3] = 1.0 if where == "X" else X[3]
    given = {"y": y, "X": X, "sample_weight": weight}
    given[where] = masked(given[where], 3)
    law = PowerLaw(n_boot=10).fit(**given, groups=np.arange(6))
    assert law.params_["slope"] == pytest.approx(-0.1) and law.n_points_ == 5
    assert "1 masked row(s) left out" in law.messages_ and "1 masked" in law.card().text()
    assert law.score(**given) == pytest.approx(1)


@pytest.mark.parametrize("kind", list(TRUTHS))
def test_every_law_leaves_masked_rows_out(kind):
    X, y = study(kind, noise=0.005)
    spoilt = y.copy()
    spoilt[5] = 11.0
    keep = np.arange(len(y)) != 5
    law = kind(n_boot=0).fit(X, masked(spoilt, 5))
    assert law.params_ == pytest.approx(kind(n_boot=0).fit(X[keep], y[keep]).params_, rel=1e-5)


def test_prediction_refuses_masked_sizes():
    with pytest.raises(ValueError, match=r"parameters has 1 masked value.*entry 3"):
        PowerLaw(n_boot=0).fit(SIZES, Y).predict(masked(SIZES, 3))


@pytest.mark.parametrize("as_text", [np.array(["40000", "1200000", "300"]), ["40000", 1200000, 300]])
def test_text_is_refused_with_its_value(as_text):
    for law in (PowerLaw(n_boot=0), ShiftedPowerLaw(n_boot=0)):
        with pytest.raises(ValueError, match="parameters must hold numbers; entry 0 is the text '40000'"):
            law.fit(as_text, [3, 2, 1.5])
    with pytest.raises(ValueError, match="y must hold numbers; entry 0 is the text '40000'"):
        PowerLaw(n_boot=0).fit([1, 2, 3], as_text)
    with pytest.raises(ValueError, match="tokens must hold numbers; entry 0 is the text '40000'"):
        ChinchillaLaw().fit(pd.DataFrame({"parameters": [1, 2, 3], "tokens": as_text}), [3, 2, 1.5])
    with pytest.raises(ValueError, match="sample_weight must hold numbers; entry 0"):
        PowerLaw(n_boot=0).fit([1, 2, 3], [3, 2, 1], sample_weight=as_text)


@pytest.mark.parametrize("bad", [[True, False, True], np.array(["2020-01-01"] * 3, dtype="datetime64[D]"), [1j, 2, 3]])
def test_other_kinds_are_refused(bad):
    with pytest.raises(ValueError, match=r"parameters must hold (numbers|real numbers); entry 0 is"):
        PowerLaw(n_boot=0).fit(bad, [3, 2, 1])


@pytest.mark.parametrize("kind", [PowerLaw, ShiftedPowerLaw])
def test_a_vector_that_is_called_like_another_quantity_is_refused(kind):
    tokens = pd.Series(SIZES, name="tokens")
    told = (
        rf"X is a Series called 'tokens', but {kind.__name__} reads parameters; {kind.__name__}\(size='tokens'\) does"
    )
    with pytest.raises(ValueError, match=told):
        kind(n_boot=0).fit(tokens, Y)
    law = kind(n_boot=0).fit(tokens.to_numpy(), Y)
    with pytest.raises(ValueError, match=told):
        law.predict(tokens)
    with pytest.raises(ValueError, match=r"called 'loss', but .* reads parameters\. If these are its parameters"):
        law.predict(pd.Series(SIZES, name="loss"))
    for named in (tokens.rename("parameters"), tokens.rename("n_params"), tokens.rename(None)):
        np.testing.assert_array_equal(law.predict(named), law.predict(SIZES))
    assert kind(size="tokens", n_boot=0).fit(tokens, Y).params_ == law.params_


@pytest.mark.parametrize("seed", [[], (), np.array([])])
def test_a_seed_that_is_empty_is_refused(seed):
    with pytest.raises(ValueError, match="random_state must be a whole number from 0 on, a Generator"):
        PowerLaw(n_boot=10, random_state=seed).fit(SIZES, Y)


def test_trajectory_columns_are_checked_one_by_one():
    X, y = study(TrajectoryLaw)
    frame = pd.DataFrame(X, columns=["parameters", "steps", "batch_size"])
    frame["steps"] = frame["steps"].astype(str)
    with pytest.raises(ValueError, match=r"steps must hold numbers; entry 0 is the text '1000.0'"):
        TrajectoryLaw(n_boot=0).fit(frame, y)


@pytest.mark.parametrize(
    ("law", "change", "message"),
    [
        (ChinchillaLaw(), lambda X, y: (X[:3], y[:3]), "needs at least 5 distinct values of parameters, tokens; got 3"),
        (ChinchillaLaw(), lambda X, y: (np.where(X[4, 1] == X, 0, X), y), "tokens must be above zero.*entry 4 is 0"),
        (ChinchillaLaw(), lambda X, y: (np.where(X[4, 1] == X, np.nan, X), y), "tokens has .* entry 4 is nan"),
        (ChinchillaLaw(), lambda X, y: (X, np.where(y == y[7], -1, y)), "y must be above zero.*entry 7 is -1"),
        (ChinchillaLaw(), lambda X, y: (X, np.where(y == y[7], np.nan, y)), "y has 1 value.* entry 7 is nan"),
        (ChinchillaLaw(), lambda X, y: (X, y[1:]), r"X has 36 point\(s\) but y has the shape \[35\]"),
        (TransferLaw(), lambda X, y: (np.column_stack([X, y]), y), r"columns pretrain_tokens, finetune_tokens; got"),
        (ChinchillaLaw(), lambda X, y: (X[:, 0], y), r"shape \[n, 2\], columns parameters, tokens"),
        (ChinchillaLaw(), lambda X, y: (pd.DataFrame(X, columns=["parameters", "token"]), y), "did you mean 'token'"),
        (ChinchillaLaw(fixed={"E": 99}), lambda X, y: (X, y), "E is fixed at 99 but y entry .* not above it"),
        (ChinchillaLaw(fixed={"alfa": 1}), lambda X, y: (X, y), "did you mean 'alpha'"),
        (ChinchillaLaw(loss="huber"), lambda X, y: (X, y), "did you mean 'log_huber'"),
        (ChinchillaLaw(delta=0), lambda X, y: (X, y), "delta must be a finite number above zero"),
        (ChinchillaLaw(interval="profil"), lambda X, y: (X, y), "did you mean 'profile'"),
        (ChinchillaLaw(start={"E": 1}), lambda X, y: (X, y), "start must name every parameter"),
        (ShiftedPowerLaw(), lambda X, y: (0 * y + 5, y), "needs at least 3 distinct values of parameters; got 1"),
    ],
)
def test_bad_input_is_named(law, change, message):
    with pytest.raises(ValueError, match=message):
        law.fit(*change(*study(ChinchillaLaw)))


@pytest.mark.parametrize("missing", ["", " ", "nan", "None", "<NA>", "NaT"])
def test_a_missing_label_that_became_text_is_refused(missing):
    groups = np.array(["a", "b", missing, "c", "d", "e"])
    with pytest.raises(ValueError, match=f"groups has a missing label.*entry 2 is {missing!r}"):
        PowerLaw(n_boot=2).fit(SIZES, Y, groups=groups)


def test_rows_in_another_order_are_refused():
    X, y = pd.DataFrame({"parameters": SIZES}), pd.Series(Y)
    turned = y.sort_index(ascending=False)
    with pytest.raises(ValueError, match=r"X and y have the same index in another order: row 0 is 0 in X and 5 in y"):
        PowerLaw(n_boot=0).fit(X, turned)
    with pytest.raises(ValueError, match="X and sample_weight have the same index in another order"):
        PowerLaw(n_boot=0).fit(X, y, sample_weight=pd.Series(np.ones(6), index=turned.index))
    law = PowerLaw(n_boot=0).fit(X, turned.loc[X.index])
    assert law.params_["slope"] == pytest.approx(-0.1)
    with pytest.raises(ValueError, match="X and y have the same index in another order"):
        law.score(X, turned)


def test_rows_that_are_shifted_are_told(recwarn):
    X, y = pd.DataFrame({"parameters": SIZES}), pd.Series(Y)
    with pytest.warns(UserWarning, match=r"row 0 is 0 in X and 1 in y; rows are read by their place"):
        PowerLaw(n_boot=0).fit(X.iloc[:5], y.iloc[1:])
    recwarn.clear()
    PowerLaw(n_boot=0).fit(X, y.set_axis(range(10, 16)))  # numbered anew: nothing in common
    assert not [warning for warning in recwarn if "index" in str(warning.message)]


@pytest.mark.parametrize("where", ["X", "y", "sample_weight"])
def test_a_tensor_that_numpy_does_not_read_is_named(where):
    torch = pytest.importorskip("torch")
    given = {"X": SIZES, "y": Y, "sample_weight": np.ones(6)}
    given[where] = torch.tensor(given[where], requires_grad=True)
    with pytest.raises(ValueError, match=rf"{where} is a Tensor that NumPy cannot read: .*detach"):
        PowerLaw(n_boot=0).fit(**given)
    given[where] = torch.tensor(given[where].detach().numpy())
    assert PowerLaw(n_boot=0).fit(**given).params_["slope"] == pytest.approx(-0.1)


@pytest.mark.parametrize("size", ["", " "])
def test_a_size_without_a_name_is_refused(size):
    with pytest.raises(ValueError, match="size must be the name of the size"):
        PowerLaw(size=size, n_boot=0).fit(SIZES, Y)
