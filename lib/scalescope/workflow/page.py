"""Self-contained HTML pages: the report of a profile, and a forecast of a user's table, each with a panel to try."""

from __future__ import annotations

import base64
import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files as package_files
from io import BytesIO
from pathlib import Path

import jinja2
import matplotlib.pyplot as plt
import pandas as pd
from markupsafe import Markup

from scalescope.forecast.forecast import Forecast
from scalescope.forecast.stored import LAWS, Stored, panel_script, stored
from scalescope.number_text import shown
from scalescope.plotting import style
from scalescope.plotting.forecast import draw_forecast, forecast_data

N_BOOT = 200  # replicates that a page holds per law


@dataclass(frozen=True)
class Section:
    """A part of a page: heading, sentences, tables (caption, HTML), pictures (caption, data address), links."""

    title: str
    sentences: list[str] = field(default_factory=list)
    tables: list[tuple[str, Markup]] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)


def render(title: str, sections: list[Section], laws: list[Stored]) -> str:
    """A page without any file or address that it needs; the panel is left out without laws."""
    text = package_files("scalescope.workflow").joinpath("page.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    data = json.dumps([law.record() for law in laws], allow_nan=False).replace("</", "<\\/")
    return environment.from_string(text).render(
        title=title, sections=sections, has_panel=bool(laws), laws=Markup(data), script=Markup(panel_script())
    )


def table_html(table: pd.DataFrame) -> Markup:
    """A table as HTML, numbers as people read them and blanks as a dash."""
    return Markup(table.map(shown).to_html(index=False, border=0))


def picture(path: Path) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def relative(path: Path, folder: Path) -> str:
    """The address of a file as seen from the folder that a page lies in."""
    return Path(os.path.relpath(path, folder)).as_posix()


def forecast_page(found: Forecast) -> str:
    """The page of a forecast: its figure, tables and fit card; a panel where power law or Chinchilla were fitted."""
    from scalescope.forecast import show

    buffer = BytesIO()
    figure = draw_forecast(forecast_data(found))
    with style.paper_style():
        figure.savefig(buffer, format="png", dpi=style.DPI)
    plt.close(figure)
    drawn = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    sections = []
    for part in show.parts(found):
        tables = [] if part.table is None else [("", Markup(part.table.to_html(index=False, border=0)))]
        sections.append(Section(part.title, part.sentences, tables))
    sections[0].pictures.append((f"{found.choice.law}, with its 95 % bands", drawn))
    card = found.card.as_dict()
    labels = pd.DataFrame({"item": list(card), "value": [_card_value(value) for value in card.values()]})
    sections.append(Section("Fit card", tables=[("", table_html(labels))]))
    return render(f"Forecast of {found.table.response}", sections, list(_stored_of(found)))


def _card_value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_card_value(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return " to ".join(map(_card_value, value))
    return shown(value)


def _stored_of(found: Forecast) -> Iterator[Stored]:
    frame, y = found.table.frame, found.table.y
    for name, candidate in found.candidates.items():
        law = found.laws[name]
        if type(law).__name__ in LAWS and law.scatter_.free >= 1:
            target = [found.target[size] for size in candidate.inputs]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                small = candidate.fit(frame, found.table.response, N_BOOT)
            yield stored(small, candidate.X(frame), y, title=name, response=found.table.response, target=target)
