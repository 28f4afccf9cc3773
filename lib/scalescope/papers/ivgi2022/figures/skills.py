"""What pretraining has taught, against tokens seen: masked answers filled in wrongly, one panel per skill."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalescope.experiment.points import OBJECTIVES
from scalescope.papers.ivgi2022.figures.transfer import task_panels
from scalescope.plotting import style
from scalescope.plotting.panels import DASHES, above, line_handle

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
SHADES = "flare"  # of larger models darker, the lightest still seen on white


def skills_data(skills: pd.DataFrame) -> pd.DataFrame:
    """What `draw_skills` draws (COLUMNS), from the table "skills": errors of one aspect ratio and the target.

    Rows of the kind "chance" hold the error of always giving the most frequent answer.
    """
    keys = ["objective", "role", "parameters", "tokens", "skill"]  # pretraining seeds are averaged
    kept = skills[skills["role"] != "second"].groupby(keys, sort=False, as_index=False)[["accuracy", "chance"]].mean()
    points = kept.assign(panel=kept["skill"], kind="point", value=1 - kept["accuracy"])[COLUMNS]
    known = kept.drop_duplicates("skill")
    chance = pd.DataFrame({"panel": known["skill"], "kind": "chance", "value": 1 - known["chance"]})
    return pd.concat([points, chance], ignore_index=True).reindex(columns=COLUMNS)


def draw_skills(data: pd.DataFrame, size: str = style.SCREEN) -> Figure:
    """Error on masked answers against tokens seen; a darker line is a larger model, the dashed grey line is chance."""
    points = data[data["kind"] == "point"]
    models = sorted(points["parameters"].unique())
    colours = dict(zip(models, sns.color_palette(SHADES, len(models)), strict=True))
    present = list(dict.fromkeys(points["panel"]))
    names = [*(name for name in SKILLS if name in present), *(name for name in present if name not in SKILLS)]
    with style.paper_style(size):
        if not names:
            figure, ax = plt.subplots(figsize=(style.width(1), 1), layout="constrained")
            ax.text(0, 0.5, "this source has no probes of skills", transform=ax.transAxes, color=style.GREY)
            ax.set_axis_off()
            return figure
        figure, panels = task_panels(names, SKILLS)
        for name, ax in panels.items():
            own = points[points["panel"] == name]
            for (objective, model), part in own.groupby(["objective", "parameters"]):
                part = part.sort_values("tokens")
                look = {"color": colours[model], "linestyle": LINES[objective], "linewidth": 1.3 * style.unit()}
                ax.plot(part["tokens"], part["value"], **look)
            for value in data.loc[(data["panel"] == name) & (data["kind"] == "chance"), "value"]:
                ax.axhline(value, color=style.GREY, linestyle=DASHES, linewidth=1.2 * style.unit(), zorder=1)
            ax.set_ylim(0, min(1.02, max(1.1 * own["value"].max(), 0.1)))
            style.log_x(ax, (points["tokens"].min() / 1.15, points["tokens"].max() * 1.15))
        figure.supxlabel("Tokens seen in pretraining")
        figure.supylabel("Share of masked answers filled in wrongly")
        above(figure, _handles(points, colours))
    return figure


def _handles(points: pd.DataFrame, colours: dict[float, tuple]) -> list[Line2D]:
    sizes = [line_handle(style.size_text(size), color=colour) for size, colour in colours.items()]
    names = [name for name in OBJECTIVES if (points["objective"] == name).any()]
    kinds = [line_handle(OBJECTIVES[name], color=style.INK, linestyle=LINES[name]) for name in names]
    return [*sizes, *kinds, line_handle("most frequent answer", linestyle=DASHES)]
