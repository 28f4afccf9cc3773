import pandas as pd
import pytest

from scalescope.papers.ivgi2022 import figures as ivgi2022
from scalescope.papers.ivgi2022.figures.skills import draw_skills
from scalescope.tables import COLUMNS


@pytest.fixture
def skills():
    """Two skills of three models; the larger learns more of each with more tokens."""
    rows = [
        {
            "objective": objective,
            "role": role,
            "parameters": size,
            "tokens": tokens,
            "skill": skill,
            "chance": 0.5,
            "accuracy": 0.5 + size * tokens / 1e10,
        }
        for objective in ("mlm", "pmi")
        for role, size in (("ladder", 1e3), ("second", 2e3), ("target", 4e3))
        for tokens in (1e4, 1e5, 1e6)
        for skill in ("same", "opinion")
    ]
    return pd.DataFrame(rows).reindex(columns=COLUMNS["skills"])


def test_each_skill_has_a_panel_with_its_chance_and_a_line_per_model(skills):
    data = ivgi2022.skills_data(skills)
    figure = draw_skills(data)
    shown = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title(loc="left") for ax in shown] == ["Praise or blame", "Same or different"]
    for ax in shown:
        assert len(ax.lines) == 4 + 1, "two sizes of one aspect ratio, two objectives, and chance"
    point = data[(data["parameters"] == 4e3) & (data["tokens"] == 1e6) & (data["kind"] == "point")]
    assert point["value"].tolist() == pytest.approx([0.1] * 4)
    assert data[data["kind"] == "chance"]["value"].tolist() == [0.5, 0.5]


def test_pretraining_seeds_are_averaged(skills):
    two = pd.concat([skills.assign(pretrain_seed=0), skills.assign(pretrain_seed=1, accuracy=skills["accuracy"] + 0.1)])
    one, both = (ivgi2022.skills_data(table).query("kind == 'point'")["value"] for table in (skills, two))
    assert both.to_numpy() == pytest.approx(one.to_numpy() - 0.05)


def test_a_source_without_probes_says_so():
    data = ivgi2022.skills_data(pd.DataFrame(columns=COLUMNS["skills"]))
    figure = draw_skills(data)
    assert data.empty and "no probes" in figure.axes[0].texts[0].get_text()


def test_the_figure_is_drawn_again_from_its_numbers(skills, tmp_path):
    data = ivgi2022.skills_data(skills)
    data.to_csv(tmp_path / "skills.csv", index=False)
    again = draw_skills(pd.read_csv(tmp_path / "skills.csv"))
    assert [len(ax.lines) for ax in again.axes if ax.axison] == [5, 5]
