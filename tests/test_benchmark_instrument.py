"""What benchmarks/README.md says of the instrument (skills, tokens, agreement) is what the tables hold."""

import pandas as pd
import pytest

from scalescope import paths
from scalescope.papers.ivgi2022.scorecard import TOKENS

BENCHMARKS = paths.root() / "benchmarks"
AT_CHANCE = ["same", "grammar", "answered", "whether", "chosen"]


def section(title: str) -> str:
    """The text of one section of the README."""
    return (BENCHMARKS / "README.md").read_text(encoding="utf-8").split(f"## {title}")[1].split("\n## ")[0]


def rows(text: str, head: str) -> dict[str, list[str]]:
    """The rows of the table of a text whose head begins with `head`, by their first cell; the head itself as ""."""
    lines = text[text.index(f"| {head}") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {"": cells[0][1:]} | {row[0]: row[1:] for row in cells[2:]}


def test_skills_are_those_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "skills.csv").set_index("variant")
    said = rows(section("What keeps skills at chance"), "pretrained | nats")
    skills, alone = said.pop("")[1:], said.pop("one skill alone")
    assert set(said) == {name for name in table.index if not name.endswith(" alone")}
    for variant, (loss, *values) in said.items():
        assert values == [f"{table.loc[variant, skill]:.2f}" for skill in skills], variant
        assert loss in (f"{table.loc[variant, 'loss']:.2f}", "")
    assert alone[1:] == [f"{table.loc[f'{skill} alone', skill]:.2f}" if skill in AT_CHANCE else "" for skill in skills]
    assert {name: table.loc[f"{name} alone", "above"] for name in AT_CHANCE} == {
        "same": 1, "grammar": 1, "answered": 1, "whether": 0, "chosen": 0,
    }  # fmt: skip
    diluted = table["above"].dropna()[[name for name in said if name in table["above"].dropna()]]
    assert diluted.pop("verdicts always masked, four times the tokens") == 5 and (diluted == 4).all()


def test_errors_after_other_pretraining_are_those_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "skills.csv").set_index("variant")
    text = section("What keeps skills at chance")
    said = rows(text, "pretrained | sst2")
    tasks = said.pop("")
    assert set(said) == set(table.index[table["sst2_error"].notna()])
    for variant, errors in said.items():
        assert errors == [f"{table.loc[variant, f'{task}_error']:.3f}" for task in tasks], variant
    first, second = table.loc["as it is"], table.loc["as it is, another seed"]
    for task, name in (("mrpc", "MRPC"), ("qnli", "QNLI"), ("mnli", "MNLI")):
        pair = f"{name} {second[f'{task}_error']:.3f} beside {first[f'{task}_error']:.3f}"
        assert pair in " ".join(text.split())
        others = table.drop(index=["as it is", "as it is, another seed", "as it is, PMI"])[f"{task}_error"].dropna()
        assert (first[f"{task}_error"] - others).abs().max() < first[f"{task}_error"] - second[f"{task}_error"], task


@pytest.mark.parametrize("profile", ["thorough", "thorough-world3"])
def test_agreement_is_that_of_the_table_and_of_the_study(profile):
    table = pd.read_csv(BENCHMARKS / "results" / "agreement.csv").set_index(["profile", "finetuning_seeds"])
    said = rows(section("Agreement between pretraining seeds"), "profile, finetuning seeds")
    said.pop("")
    for seeds in (1, 2, 3):
        row = table.loc[(profile, seeds)]
        shown = [f"{row['shown']:.0f}", f"{row['mean']:.1f}", f"{row['smallest']:.0f} to {row['largest']:.0f}"]
        assert said[f"`{profile}`, {seeds}"] == [
            *shown,
            f"{16 * row['eleven']:.0f}",
            row["differs"].replace(" ", ", ").replace(":", " in "),
        ]
    low, high = (f"{float(value):.3f}".replace("-", "−") for value in table.loc[(profile, 3), "c12"].split())
    assert f"{low} to {high}" in section("Agreement between pretraining seeds")
    assert table.loc[(profile, 3), "c3"] == ("0 1" if profile == "thorough" else "0 0"), "tasks with R2 >= 0.95"
    own = pd.read_csv(paths.results(profile) / "ivgi2022" / "claims_by_seed.csv")
    verdicts = own.pivot(index="id", columns="source", values="verdict")
    assert verdicts.nunique(axis=1).eq(1).sum() == table.loc[(profile, 3), "shown"]


def test_error_against_tokens_is_that_of_the_table():
    table = pd.read_csv(BENCHMARKS / "results" / "tokens.csv")
    said = rows(section("Error against tokens"), "task")
    variants, falls = said.pop(""), said.pop("tasks that fall")
    assert set(said) == set(table["task"]) and set(variants) == set(table["variant"])
    for task, slopes in said.items():
        own = table[table["task"] == task].set_index("variant").loc[variants]
        texts = [f"{row.slope:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in own.itertuples()]
        assert slopes == [text.replace("-", "−").replace("−0.000", "0.000") for text in texts], task
    assert falls == [str((table.loc[table["variant"] == variant, "high"] < 0).sum()) for variant in variants]
    worlds = []
    for profile in ("thorough", "thorough-world3"):
        cards = pd.read_csv(paths.results(profile) / "ivgi2022" / "scorecard.csv").set_index("quantity")
        worlds.append(f"{cards.loc[TOKENS, 'value']:.0f}")
    assert f"read a second time: {' and '.join(worlds)} tasks fall there" in " ".join(
        section("Error against tokens").split()
    )
