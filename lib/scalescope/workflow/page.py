"""Self-contained HTML pages: the report of a profile, and a forecast of a user's table, each with a panel to try."""

from __future__ import annotations

import base64
import json
import os
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
from scalescope.forecast.rolling import quiet_fit
from scalescope.forecast.stored import LAWS, Stored, panel_script, stored
from scalescope.number_text import shown
from scalescope.plotting import style
from scalescope.plotting.forecast import draw_forecast, forecast_data

N_BOOT = 200  # replicates of each of the many laws of a profile's page
MOST_REPLICATES = 1000  # of each law of a forecast's page: more make it heavy


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
    data = json.dumps(_shared(laws), allow_nan=False).replace("</", "<\\/")
    return environment.from_string(text).render(
        title=title, sections=sections, has_panel=bool(laws), laws=Markup(data), script=Markup(panel_script())
    )


def _shared(laws: list[Stored]) -> dict[str, list]:
    """The laws as plain data; the thousands of normal quantiles that most have in common are written once."""
    normals: list[list[float]] = []
    records = []
    for law in laws:
        if law.normal not in normals:
            normals.append(law.normal)
        records.append({**law.record(), "normal": normals.index(law.normal)})
    return {"normals": normals, "laws": records}


def table_html(table: pd.DataFrame) -> Markup:
    """A table as HTML, numbers as people read them and blanks as a dash."""
    return Markup(table.map(shown).to_html(index=False, border=0))


def picture(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def relative(path: Path, folder: Path) -> str:
    """The address of a file as seen from the folder that a page lies in."""
    return Path(os.path.relpath(path, folder)).as_posix()


def forecast_page(found: Forecast) -> str:
    """The page of a forecast: its figure, tables and fit card; a panel of every fitted law, the chosen one first."""
    from scalescope.forecast import show

    buffer = BytesIO()
    figure = draw_forecast(forecast_data(found))
    with style.paper_style():
        figure.savefig(buffer, format="png", dpi=style.DPI)
    plt.close(figure)
    sections = []
    for part in show.parts(found):
        tables = [] if part.table is None else [("", Markup(part.table.to_html(index=False, border=0)))]
        sections.append(Section(part.title, part.sentences, tables))
    sections[0].pictures.append((f"{found.choice.law}, with its 95 % bands", picture(buffer.getvalue())))
    sections.append(Section(found.card.title, tables=[("", Markup(found.card.html(heading=False)))]))
    return render(f"Forecast of {found.table.response}", sections, list(_stored_of(found)))


def _stored_of(found: Forecast) -> Iterator[Stored]:
    """Every law of a forecast as the panel needs it, the chosen one first."""
    frame, y, response = found.table.frame, found.table.y, found.table.response
    for row in found.predictions.itertuples():
        candidate, law = found.candidates[row.law], found.laws[row.law]
        if type(law).__name__ in LAWS and law.scatter_.free >= 1:
            if law.bootstrap_ is None or law.bootstrap_.n_boot > MOST_REPLICATES:
                law = quiet_fit(candidate, frame, response, MOST_REPLICATES)
            target = [found.target[size] for size in candidate.inputs]
            yield stored(
                law, candidate.X(frame), y, title=row.law, response=response, target=target, widening=row.widening
            )
