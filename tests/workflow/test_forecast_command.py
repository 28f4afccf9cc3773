from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from forecast.made import loss, runs
from typer.testing import CliRunner

from scalescope.cli import app

ABSENT = ("torch", "tokenizers", "safetensors", "snakemake", "papermill", "pyarrow", "pooch", "psutil")


def run(*words: object):
    return CliRunner().invoke(app, ["forecast", *map(str, words)])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    runs(10).to_csv(tmp_path / "runs.csv", index=False)
    return tmp_path / "runs.csv"


def test_a_table_to_a_forecast_in_one_command(table):
    result = run(table, "--target", "2e9,4e10", "--law", "shifted", "--n-boot", 30)
    assert result.exit_code == 0 and "95 % interval of one new run" in result.output
    record = json.loads(run(table, "--target", "2e9,4e10", "--law", "shifted", "--n-boot", 30, "--json").output)
    assert f"{record['predictions'][0]['mean']:.4g}" in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing.csv"], "no table at nothing.csv"),
        (["{table}", "--law", "chinchila"], "'chinchilla'"),
        (["{table}", "--target", "7e9"], "give N,D"),
        (["{table}", "--export", "docx"], "export"),
        (["{table}", "--json", "--export", "md"], "not both"),
        (["score"], "give a table of runs, or --profile"),
        (["score", "{table}"], "no ledger at"),
    ],
)
def test_a_mistake_is_told_in_one_line(table, words, told):
    result = run(
        *(word.replace("{table}", str(table)) for word in words), *(["--n-boot", "20"] if words[0] != "score" else [])
    )
    assert result.exit_code == 2 and result.output.startswith("error: ") and told in result.output


def test_a_forecast_is_sealed_before_and_scored_after_its_run(table, tmp_path):
    words = ["--target", "2e9,4e10", "--law", "shifted-C", "--n-boot", 30]
    sealed = run("seal", table, "--run", "big", *words)
    assert sealed.exit_code == 0 and (tmp_path / "forecasts.csv").is_file()
    assert "sealed already" in run("seal", table, "--run", "big", *words).output
    assert "among the runs of the fit" in run("seal", table, "--run", "r3", *words).output
    after = runs(10)
    after.loc[len(after)] = ["big", 2e9, 4e10, float(loss(2e9, 4e10))]
    after.to_csv(table, index=False)
    result = run("score", table)
    assert result.exit_code == 0 and "1 sealed, 1 of them known by now" in result.output
    (row,) = json.loads(run("score", table, "--json").output)
    assert row["run"] == "big" and row["actual"] == pytest.approx(float(loss(2e9, 4e10)))


def test_a_forecast_needs_no_torch(table):
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {ABSENT!r}: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from scalescope.cli import app\n"
        f"app(['forecast', {str(table)!r}, '--law', 'power-C', '--n-boot', '20'], standalone_mode=False)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "one new run" in done.stdout
