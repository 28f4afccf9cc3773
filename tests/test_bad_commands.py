"""A table of bad command lines: each ends with exit code 2 and words that name the thing, before anything is done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from forecast.made import runs
from typer.testing import CliRunner

from scalescope import paths
from scalescope.cli import app

LAW = ["--law", "power-C", "--n-boot", "20"]
FORECAST = ["forecast", "t.csv", *LAW]
NOTEBOOK = ["notebook", "ivgi2022/20_pretrain", "--out", "x.ipynb"]
WRONG = ("0", "-1", "1" + "0" * 22, "nan", "inf", "abc", "1.5")  # for what counts
CAMPAIGN = ["campaign", "-m", "ar8-l1", "-P", "smoke"]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with a table of runs, a text file and a folder, in which the command is given."""
    monkeypatch.chdir(tmp_path)
    runs(10).to_csv("t.csv", index=False)
    runs(10).drop(columns="tokens").to_csv("n.csv", index=False)
    Path("f.txt").write_text("x")
    Path("dir").mkdir()
    Path("loop").symlink_to("loop")
    Path("loop.yaml").symlink_to("loop.yaml")
    return tmp_path


TOLD = [
    ([*FORECAST, "--target", "x,y"], ["'x'", "7e9"]),
    ([*FORECAST, "--target", "1e9"], ["--target '1e9'", "N,D"]),
    ([*FORECAST, "--target", "1_0_0,1e10"], ["'1_0_0'"]),
    ([*FORECAST, "--target", "1e-9,1e10"], ["1e-09 parameters", "--as-is"]),
    ([*FORECAST, "--target", "1e10,7e9"], ["fewer tokens", "swapped"]),
    ([*FORECAST, "--compute", "x"], ["'x'", "7e9"]),
    ([*FORECAST, "--compute", "-1"], ["'-1'"]),
    ([*FORECAST, "--compute", ""], ["--compute is ''"]),
    ([*FORECAST, "--target", " "], ["--target is ' '"]),
    ([*FORECAST, "--compute", "1e400"], ["'1e400'"]),
    ([*FORECAST, "--compute", "0"], ["'0'"]),
    (["forecast", "t.csv", "--law", "powr"], ["'powr'", "'power'"]),
    (["forecast", "t.csv", "--law", "power-D-C"], ["'power-D-C'", "'power-D'"]),
    (["forecast", "t.csv", "--law", " "], ["unknown law ' '"]),
    (["forecast", "n.csv", "--law", "chinchilla"], ["chinchilla", "no column of tokens"]),
    ([*FORECAST, "--columns", "N"], ["--columns 'N'"]),
    ([*FORECAST, "--columns", "N=prams"], ["'prams'", "'params'"]),
    ([*FORECAST, "--units", "N=bilions"], ["'bilions'", "'billions'"]),
    ([*FORECAST, "--units", "L=percent"], ["'percent'", "'val_loss'"]),
    ([*FORECAST, "--units", "name=billions"], ["run", "no unit"]),
    ([*FORECAST, "--predict", "error"], ["'error'", "loss only"]),
    ([*FORECAST, "--figure", "x.txt"], ["'x.txt'", "x.txt.png"]),
    ([*FORECAST, "--figure", "x"], ["'x'", "x.png"]),
    ([*FORECAST, "--figure", "dir"], ["'dir'", ".png"]),
    ([*FORECAST, "--figure", "nowhere/x.png"], ["nowhere", "no folder"]),
    ([*FORECAST, "--json", "--export", "md"], ["--json or --export"]),
    (["forecast", "dir"], ["no table at dir", "a folder"]),
    (["forecast", "https://x.org/t.csv"], ["no table at", "address"]),
    ([*FORECAST, "--law", "power-N"], ["--law", "2 times", "once"]),
    (["plan", "-P", "smoke", "--profile", "quick"], ["--profile", "2 times"]),
    (["forecast", "nowhere.csv"], ["no table at nowhere.csv"]),
    (["forecast", "f.txt"], ["no column of sizes", "x"]),
    (["forecast", "tabel.csv", "--json"], ["tabel.csv"]),
    (["forecast", "seal", "t.csv", "--run", "", *LAW], ["--run is ''"]),
    (["forecast", "seal", "t.csv", "--run", " ", *LAW], ["--run is ' '"]),
    (["forecast", "seal", "t.csv", "--run", "a\nb", *LAW], ["--run is 'a\\nb'"]),
    (["forecast", "score"], ["a table of runs, or --profile"]),
    (["forecast", "score", "t.csv", "-P", "quick"], ["a table of runs, or --profile"]),
    (["forecast", "score", "t.csv"], ["no ledger at"]),
    (["forecast", "score", "t.csv", "--ledger", "f.txt"], ["f.txt", "other columns"]),
    (["forecast", "score", "t.csv", "--ledger", "dir"], ["no ledger at dir"]),
    (["forecast", "score", "-P", "quikc"], ["no ledger at", "quikc"]),
    (["plan", "-P", "nowhere.yaml"], ["'nowhere.yaml'"]),
    (["plan", "-P", "smoke", "-d", "nowhere"], ["nowhere", "does not exist"]),
    (["plan", "-P", "smoke", "-d", "f.txt"], ["f.txt"]),
    (["status", "-P", "smoke", "-d", "nowhere"], ["nowhere", "does not exist"]),
    (["status", "-P", "/etc/passwd"], ["'/etc/passwd'"]),
    (["status", "-P", "dir"], ["'dir'"]),
    (["check-profile", ""], ["unknown profile ''"]),
    (["check-profile", "dir"], ["'dir'"]),
    (["check-profile", "f.txt"], ["'f.txt'"]),
    (["check-profile", "smoke", "-d", "nowhere"], ["nowhere does not exist", "corpus/"]),
    (["check-profile", "smoke", "-d", "dir"], ["is empty", "corpus/"]),
    (["check-profile", "smoke", "-d", "loop"], ["loop does not exist"]),
    (["reproduce", "-P", "smoke", "-d", "loop"], ["Symlink loop", "loop"]),
    (["reproduce", "-P", "loop.yaml"], ["Symlink loop", "loop.yaml"]),
    ([*NOTEBOOK[:3], "loop/x.ipynb"], ["Symlink loop", "loop"]),
    ([*CAMPAIGN, "--to", "999999999999"], ["999999999999 tokens", "1000 times the profile's own"]),
    ([*CAMPAIGN, "--to", "9" * 24], ["9" * 24, "1000 times the profile's own"]),
    ([*CAMPAIGN, "--budgets", "9" * 24], ["9" * 24, "at most 100"]),
    ([*CAMPAIGN, "--from", "-1"], ["-1 tokens", "the smallest that has"]),
    ([*CAMPAIGN, "--objective", "clm"], ["'clm'", "'mlm'"]),
    (["campaign", "-m", "", "-P", "smoke"], ["unknown model ''"]),
    (["campaign", "-m", "ar8-l9", "-P", "smoke"], ["'ar8-l9'", "'ar8-l"]),
    (["notebook", "", "--out", "x.ipynb"], ["unknown notebook ''"]),
    (["notebook", "ivgi2022", "--out", "x.ipynb"], ["'ivgi2022'", "'ivgi2022/"]),
    (["notebook", "../x", "--out", "x.ipynb"], ["'../x'"]),
    ([*NOTEBOOK[:3], ""], ["--out .", "folder"]),
    ([*NOTEBOOK[:3], "dir"], ["--out dir", "dir/out.ipynb"]),
    ([*NOTEBOOK[:3], "f.txt/x.ipynb"], ["f.txt", "no folder"]),
    ([*NOTEBOOK, "-p", ""], ["''", "name=value"]),
    ([*NOTEBOOK, "-p", "=1"], ["''", "valid: profile"]),
    ([*NOTEBOOK, "-p", "steps"], ["'steps'", "name=value"]),
    ([*NOTEBOOK, "-p", "Steps=1"], ["'Steps'", "'steps'"]),
    *(([*NOTEBOOK, "-p", f"steps={value}"], ["'steps'", "int", f"'{value}'"])
      for value in ("-1x", "1.5", "", "1e3", "one", "1_0", " 5 ", "\u0666")),
    *(([*NOTEBOOK, "-p", f"{name}=-1"], [f"'{name}'", "must not be negative", "got -1"])
      for name in ("steps", "layers", "seed", "learning_rate")),
    *(([*NOTEBOOK, "-p", f"learning_rate={value}"], ["'learning_rate'", "float"])
      for value in ("fast", "", "1,5", "1/3", "1_0.0")),
    *(([*NOTEBOOK, "-p", f"learning_rate={value}"], ["'learning_rate'", "inf" if value == "1e400" else value])
      for value in ("nan", "inf", "-inf", "1e400")),
    ([*NOTEBOOK, "-p", "steps=" + "9" * 24], ["'steps'", "9" * 24]),
    *((["notebook", "lin2024/10_selection", "--out", "x.ipynb", "-p", f"full={value}"], ["'full'", "bool"])
      for value in ("maybe", "1", "", "yes")),
    (["runs", "remove", "-P", "nobody", "-y"], ["'nobody'"]),
    (["runs", "remove", "-P", "../x", "-y"], ["'../x'"]),
    (["runs", "remove", "-P", "", "-y"], ["''"]),
    (["notebooks", "refresh", "00_start"], ["'00_start'", "'00_start_here'"]),
    (["published", "gadre24"], ["'gadre24'", "'gadre2024'"]),
    (["published", ""], ["paper", "''"]),
    (["compare", "quick", "quikc"], ["'quikc'", "'quick'"]),
    (["compare", "", "quick"], ["''", "quick"]),
    (["compare", "../quick", "quick"], ["'../quick'", "'quick'"]),
    (["compare", "quick", "published"], ["'published'"]),
    (["compare", "quick", "thorough", "--figure", "x.doc"], ["'x.doc'", ".png"]),
    (["compare", "quick", "quick"], ["'quick'", "with itself"]),
    *((["compare", "quick", "thorough", "--csv", path], ["--csv", *told]) for path, told in (
        ("", ["folder"]), ("dir", ["dir/out.csv"]), ("x.txt", ["x.csv"]), ("f.txt/x.csv", ["no folder"]),
        ("/dev/full", ["no plain file"]), (str(paths.results("quick") / "points.csv"), ["data/results", "fills"]),
        (str(paths.notebooks() / "x.csv"), ["notebooks", "fills"]),
    )),
    (["compare", "quick", "thorough", "--csv", "x.csv", "--figure", "x.csv"], ["'x.csv'", ".png"]),
    (["report", "quick", "--out", "f.txt"], ["--out f.txt", "f.html"]),
    (["report", "quick", "--out", str(paths.profile_file("x").with_suffix(".html"))], ["profiles", "fills"]),
    ([*FORECAST, "--figure", str(paths.results("quick") / "x.png")], ["--figure", "data/results"]),
    *((["forecast", "seal", "t.csv", "--run", "big", *LAW, "--ledger", path], ["--ledger", *told]) for path, told in (
        ("dir", ["dir/out.csv"]), ("f.txt", ["f.csv"]),
        (str(paths.results("quick") / "forecasts.csv"), ["data/results", "fills"]),
    )),
    (["forecast", "seal", str(paths.results("quick") / "campaign.csv"), "--run", "big"], ["data/results", "fills"]),
    (["forecast", "seal", "t.csv", "--run", "big ", *LAW], ["'big '", "spaces"]),
    ([*NOTEBOOK[:3], "x.txt"], ["--out x.txt", "x.ipynb"]),
    ([*NOTEBOOK[:3], str(paths.notebooks() / "x.ipynb")], ["notebooks", "fills"]),
    *(([*NOTEBOOK, option, "x.ipynb"], ["--out and", option, "same file"]) for option in ("--mark", "--stamp")),
    (["report", "quikc"], ["'quikc'", "'quick'"]),
    (["report", ""], ["''", "quick"]),
    (["report", "../quick"], ["'../quick'", "'quick'"]),
    (["studies", "barnet2024", "-P", "studies-smoke"], ["'barnet2024'", "'barnett2024'"]),
    (["studies", "-P", "smoke"], ["'smoke'", "no section 'studies'"]),
    (["studies", "-P", "studies-smoke", "--", "--nonsense"], ["--nonsense", "Snakemake does not take"]),
    (["studies", "--porfile", "x"], ["--porfile"]),
    (["study-part", "barnet", "0", "0", "-P", "studies-smoke"], ["'barnet'", "'barnett2024'"]),
    (["study-part", "barnett2024", "0", "99", "-P", "studies-smoke"], ["stage 0", "got 99"]),
    (["study-part", "barnett2024", "99", "0", "-P", "studies-smoke"], ["stages 0 to", "got 99"]),
    *(([*command, "-j", value], ["--jobs", f"'{value}'"]) for value in WRONG
      for command in (["plan"], ["reproduce"], ["studies"])),
    *((["forecast", *command, "--n-boot", value], ["--n-boot", f"'{value}'"]) for value in WRONG
      for command in (["t.csv"], ["seal", "t.csv", "--run", "x"], ["calibration"])),
    *(([*CAMPAIGN, option, value], [option, f"'{value}'"]) for value in ("nan", "inf", "abc", "1e3")
      for option in ("--budgets", "--from", "--to")),
    *(([*CAMPAIGN, option, value], [value]) for value in ("0", "-1", "1" + "0" * 22)
      for option in ("--budgets", "--from", "--to")),
    (["check", "ivgi2023"], ["'ivgi2023'", "'ivgi2022'"]),
    (["check", ""], ["''", "'ivgi2022'"]),
    (["study", "nobody"], ["'nobody'"]),
    (["study", ""], ["''"]),
    (["study", "../quick"], ["'../quick'", "'quick'"]),
    (["reproduce", "-P", "smoke", "--", "--nonsense"], ["--nonsense", "Snakemake does not take"]),
    (["reproduce", "-P", "smoke", "--executor", "slrum"], ["'slrum'", "'slurm'"]),
    (["reproduce", "-P", "smoke", "-d", "nowhere"], ["nowhere does not exist"]),
    (["reproduce", "-P", "smoke", "-d", "f.txt"], ["f.txt"]),
    (["reproduce", "-P", "smoke", "-d", "dir"], ["is empty", "corpus/"]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "fragments"), TOLD, ids=[" ".join(words)[:60] for words, _ in TOLD])
def test_told_in_one_line(here, words, fragments):
    before = sorted(here.rglob("*"))
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2 and re.match(r"error: [^\n]+\n$", result.output), result.output
    assert all(fragment in result.output for fragment in fragments), result.output
    assert sorted(here.rglob("*")) == before


USAGE = [
    ["nonsense"], ["--versio"], ["forecast", "t.csv", "n.csv"], ["forecast", "t.csv", "--laww", "x"],
    *(["forecast", "t.csv", "--n-boot", value] for value in ("0", "-5", "many", "1e3", "", "9" * 20)),
    ["forecast", "seal", "t.csv"], ["forecast", "score", "t.csv", "n.csv"], ["plan", "extra"],
    *(["plan", "-j", value] for value in ("0", "-1", "two", "1.5", "")), ["reproduce", "-P"], ["reproduce", "-j", "0"],
    [*CAMPAIGN, "--from", "9e9"], [*CAMPAIGN, "--budgets", "few"], ["campaign", "-P", "smoke"], ["check-profile"],
    ["check-profile", "smoke", "extra"], ["notebook", "ivgi2022/50_laws"], ["notebook", "--out", "x.ipynb"],
    ["runs", "remove"], ["runs", "lst"], ["notebooks", "clean", "x"], ["compare", "quick"], ["report"],
    ["study-part", "barnett2024", "x", "0"], ["check", "ivgi2022", "--al"],
]  # fmt: skip


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_usage_names_option_and_value(here, words):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2 and re.match(r"error: [^\n]+ --help\)\n$", result.output)
    assert re.search(r"Invalid value|No such|Missing|unexpected extra|requires an argument", result.output)
