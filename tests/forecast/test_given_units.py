"""Units that a user gives or a name says, against what the numbers are: refused, or read and noted."""

import numpy as np
import pytest
from forecast.made import runs
from told import told

from scalescope.forecast.columns import BadTable
from scalescope.forecast.table import read_runs, run_table

RUNS = runs(10)
TEXT = RUNS.to_csv(index=False)


def table(**columns):
    return RUNS.assign(**columns).to_csv(index=False)


def without(*names, **columns):
    return RUNS.drop(columns=list(names)).assign(**columns).to_csv(index=False)


SHARES = 0.3 * (RUNS["params"] / RUNS["params"].min()) ** -0.2
# a table, --units that it contradicts, what is told
CONTRADICTIONS = [
    (without("val_loss", error=SHARES), "error=percent", ["'error'", "percent", "0.3", "Leave the unit out"]),
    (without("val_loss", error=1 - SHARES), "error=percent-score", ["percent-score", "error=score"]),
    (without("val_loss", error=100 - 100 * SHARES), "error=score", ["score", "error=percent-score"]),
    (table(params=[f"{n / 1e6:.4f}M" for n in RUNS["params"]]), "N=millions", ["'params'", "suffixes"]),
    *((without("tokens"), f"N={unit}", [f"in {unit}", "no runs have", "2e+07 to 6e+08", "leave the unit out"])
      for unit in ("millions", "billions", "1e6")),
    (TEXT, "N=millions,D=millions", ["'params'", "in millions", "2e+13 to 6e+14"]),
    (without("params"), "D=billions", ["'tokens'", "in billions", "leave the unit out"]),
    (without("params", "tokens", flops=6 * RUNS["params"] * RUNS["tokens"]), "C=exaflops", ["'flops'", "in exaflops"]),
]  # fmt: skip


def test_sizes_that_a_unit_makes_large_are_read():
    for params, units in ((RUNS["params"] / 1e3, "N=thousands"), (RUNS["params"] / 1e6, "N=1e9,D=thousands")):
        assert run_table(RUNS.assign(params=params), units=units).frame["parameters"].max() >= RUNS["params"].max()
    assert run_table(RUNS, units="N=millions,D=millions", as_is=True).frame["parameters"].max() == pytest.approx(6e14)


@pytest.mark.parametrize(("content", "units", "fragments"), CONTRADICTIONS)
def test_units_that_the_table_contradicts(tmp_path, content, units, fragments):
    (tmp_path / "runs.csv").write_text(content)
    with pytest.raises(BadTable) as error:
        read_runs(tmp_path / "runs.csv", units=units)
    told(error, [*fragments, "--as-is"])


def called(columns, units="", **names):
    """The table with columns of other names, and what maps them."""
    return RUNS.rename(columns=names).to_csv(index=False), columns, units


HALVES = RUNS.assign(val_loss=RUNS["val_loss"] / 2)
# a table, --columns, --units, what the names tell
CALLED = [
    (*called("L=val_bpb", val_loss="val_bpb"), ["'val_bpb'", "--units L=bits"]),
    (*called("L=loss_log2", val_loss="loss_log2"), ["'loss_log2'", "bits"]),
    (HALVES.rename(columns={"val_loss": "c4PPL"}).to_csv(), "L=c4PPL", "", ["'c4PPL'", "--units L=perplexity"]),
    (HALVES.rename(columns={"val_loss": "acc_norm"}).to_csv(), "L=acc_norm", "", ["'acc_norm'", "--columns error="]),
    (*called("L=error", val_loss="error"), ["'error'", "not the loss", "--columns error=error"]),
    (RUNS.assign(val_loss=RUNS["val_loss"] / 9).rename(columns={"val_loss": "lambada_acc"}).to_csv(),
     "error=lambada_acc", "", ["'lambada_acc'", "--units error=score"]),
    *((RUNS.assign(params=RUNS["params"] / 1e5).rename(columns={"params": name}).to_csv(), f"N={name}", "",
       [f"'{name}'", "6000", "--units N=millions"]) for name in ("params (M)", "params_millions", "nParamsM")),
    (RUNS.assign(tokens=RUNS["tokens"] / 1e4).rename(columns={"tokens": "steps"}).to_csv(), "D=steps", "",
     ["'steps'", "steps", "compute tokens"]),
    (RUNS.assign(params=np.arange(128, 1408, 128)).rename(columns={"params": "d_model"}).to_csv(), "N=d_model", "",
     ["'d_model'", "compute parameters"]),
    (RUNS.drop(columns=["params", "tokens"]).assign(hours=np.geomspace(20, 4000, 10)).to_csv(), "C=hours", "",
     ["'hours'", "compute flops"]),
    *((RUNS.assign(**{name: np.arange(10) % 4 + 1337}).drop(columns=gone).to_csv(), f"{to}={name}", units,
       [f"'{name}'", "numbered runs", f"--columns {to}="])
      for name, gone, to, units in (("seed", "params", "N", ""), ("rng", "tokens", "D", "D=billions"),
                                    ("n_seeds", "params", "N", "N=millions"), ("seed", "val_loss", "L", ""))),
    (RUNS.assign(size=np.arange(10) % 5 + 1).drop(columns="params").to_csv(), "N=size", "N=millions",
     ["'size'", "counts from 1 to 5", "seeds or layers", "--columns N="]),
    (RUNS.assign(size=np.arange(10) % 4).drop(columns="tokens").to_csv(), "D=size", "",
     ["'size'", "counts from 0 to 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "columns", "units", "fragments"), CALLED)
def test_names_that_say_another_unit_or_quantity(tmp_path, content, columns, units, fragments):
    (tmp_path / "runs.csv").write_text(content)
    with pytest.raises(BadTable) as error:
        read_runs(tmp_path / "runs.csv", columns=columns, units=units)
    told(error, [*fragments, "--as-is"])


def test_whole_numbers_of_billions_are_read():
    billions = RUNS.assign(params=np.array([1, 2, 3, 7, 13] * 2), tokens=RUNS["tokens"] * 1e3)
    assert run_table(billions, units="N=billions").frame["parameters"].max() == 13e9


@pytest.mark.parametrize("name", ["error_pct", "error (%)", "errPercent", "error percentage"])
def test_errors_below_one_that_are_called_percent_are_noted(name):
    frame = RUNS.drop(columns="val_loss").assign(**{name: SHARES})
    (note,) = (n for n in run_table(frame, columns=f"error={name}").notes if "percent" in n)
    assert f"{name!r} is called as if in percent" in note and "0.3 %" in note and "--units error=percent" in note
    read = run_table(frame, columns=f"error={name}", units="error=percent")
    assert read.frame["error"].max() == pytest.approx(0.003) and any("read as percent" in note for note in read.notes)
    frame[name] *= 100
    assert not any("percent" in n for n in run_table(frame, columns=f"error={name}", units="error=percent").notes)


def test_scores_below_one_that_are_called_percent_are_noted():
    frame = RUNS.drop(columns="val_loss").assign(**{"acc (%)": 1 - SHARES})
    notes = run_table(frame, columns="error=acc (%)", units="error=score").notes
    assert any("--units error=percent-score" in note for note in notes)


def test_a_loss_in_nats_that_is_given_as_perplexity_is_noted():
    notes = run_table(RUNS, units="L=perplexity").notes
    assert any("'val_loss' is called as a loss" in note and "read as perplexity" in note for note in notes)
    frame = RUNS.assign(ppl=np.exp(RUNS["val_loss"]) / 5).drop(columns="val_loss")
    assert not any("perplexity" in note for note in run_table(frame, columns="L=ppl", units="L=perplexity").notes)
