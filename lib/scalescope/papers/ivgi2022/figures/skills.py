"""What pretraining has taught, against tokens seen: masked answers filled in wrongly, one panel per skill."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.experiment.points import OBJECTIVES
from scalescope.plotting import style

SKILLS = {
    "opinion": "Praise or blame",
    "inference": "Certain, possible, impossible",
    "grammar": "Right or wrong",
    "same": "Same or different",
    "answered": "Answered or not",
    "whether": "Yes or no",
    "chosen": "True or false option",
    "answer": "Answer in the passage",
    "name": "Name from other articles",
}
LINES = {"mlm": "-", "pmi": (0, (3, 1.5))}
COLUMNS = ["panel", "kind", "objective", "parameters", "tokens", "value"]
SHADES = "viridis_r"


def skills_data(skills: pd.DataFrame) -> pd.DataFrame:
    """What `draw_skills` draws (COLUMNS), from the table "skills": errors of one aspect ratio and the target.

    Rows of the kind "chance" hold the error of always giving the most frequent answer.
    """
    keys = ["objective", "role", "parameters", "tokens", "skill"]  # pretraining seeds are averaged
    kept = skills[skills["role"] != "second"].groupby(keys, sort=False, as_index=False)[["accuracy", "chance"]].mean()
    points = pd.DataFrame({
        "panel": kept["skill"], "kind": "point", "objective": kept["objective"], "parameters": kept["parameters"],
        "tokens": kept["tokens"], "value": 1 - kept["accuracy"],
    })  # fmt: skip
    known = kept.drop_duplicates("skill")
    chance = pd.DataFrame({"panel": known["skill"], "kind": "chance", "value": 1 - known["chance"]})
    return pd.concat([points, chance], ignore_index=True).reindex(columns=COLUMNS)


def draw_skills(data: pd.DataFrame) -> Figure:
    """Error on masked answers against tokens seen; a darker line is a larger model, the dashed grey line is chance."""
    points = data[data["kind"] == "point"]
    sizes = sorted(points["parameters"].unique())
    colours = dict(zip(sizes, mpl.colormaps[SHADES](_spread(len(sizes))), strict=True))
    names = [name for name in [*SKILLS, *points["panel"].unique()] if name in set(points["panel"])]
    names = list(dict.fromkeys(names))
    n_rows = max(-(-len(names) // 3), 1)
    with style.house():
        figure, axes = plt.subplots(n_rows, 3, figsize=(10, 0.7 + 2.5 * n_rows), layout="constrained", squeeze=False)
        for ax, name in zip(axes.flat, [*names, *[None] * (axes.size - len(names))], strict=True):
            if name is None:
                ax.set_axis_off()
                continue
            ax.set_title(SKILLS.get(name, name))
            own = points[points["panel"] == name]
            for (objective, size), part in own.groupby(["objective", "parameters"]):
                part = part.sort_values("tokens")
                ax.plot(part["tokens"], part["value"], color=colours[size], linestyle=LINES[objective], linewidth=1.3)
            for value in data.loc[(data["panel"] == name) & (data["kind"] == "chance"), "value"]:
                ax.axhline(value, color=style.GREY, linestyle=(0, (4, 3)), linewidth=1.2, zorder=1)
            ax.set_ylim(0, min(1.02, max(1.1 * own["value"].max(), 0.1)))
            style.log_x(ax, (points["tokens"].min() / 1.15, points["tokens"].max() * 1.15))
        if not names:
            axes[0, 0].text(
                0, 0.5, "this source has no probes of skills", transform=axes[0, 0].transAxes, color=style.GREY
            )
            return figure
        figure.supxlabel("Tokens seen in pretraining", fontsize=11)
        figure.supylabel("Share of masked answers filled in wrongly", fontsize=11)
        figure.legend(handles=_handles(points, colours), loc="outside upper center", ncols=len(sizes) + 3)
    return figure


def figure_skills(skills: pd.DataFrame) -> tuple[Figure, pd.DataFrame]:
    """Figure and numbers."""
    data = skills_data(skills)
    return draw_skills(data), data


def _spread(count: int) -> list[float]:
    return [0.08 + 0.92 * place / max(count - 1, 1) for place in range(count)]


def _handles(points: pd.DataFrame, colours: dict[float, tuple]) -> list[Line2D]:
    sizes = [Line2D([], [], color=colour, label=style.size_text(size)) for size, colour in colours.items()]
    names = [name for name in OBJECTIVES if (points["objective"] == name).any()]
    kinds = [Line2D([], [], color=style.INK, linestyle=LINES[name], label=OBJECTIVES[name]) for name in names]
    return [*sizes, *kinds, Line2D([], [], color=style.GREY, linestyle=(0, (4, 3)), label="most frequent answer")]
