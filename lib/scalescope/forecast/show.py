"""A forecast as people read it: text, Markdown, HTML, LaTeX."""

from __future__ import annotations

import html as escaping
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import pandas as pd

from scalescope.errors import check_name
from scalescope.forecast.columns import SYMBOLS
from scalescope.forecast.facts import RESPONSE_UNITS
from scalescope.forecast.next_run import least_narrowing
from scalescope.number_text import NONE, SUPERSCRIPTS, significant

if TYPE_CHECKING:
    from scalescope.forecast.forecast import Forecast

TOP = 5  # runs worth paying for that are shown


@dataclass(frozen=True)
class Part:
    """A heading with sentences and at most one table of text."""

    title: str
    sentences: list[str]
    table: pd.DataFrame | None = None


def between(value: float, low: float, high: float) -> str:
    """ "2.315 [2.301, 2.330]"."""
    return f"{significant(value)} [{significant(low)}, {significant(high)}]"


def place(target: dict[str, float]) -> str:
    """ "N = 7 × 10⁹, D = 1.4 × 10¹¹, C = 5.88 × 10²¹"."""
    return ", ".join(f"{SYMBOLS[name]} = {significant(value)}" for name, value in target.items())


def parts(found: Forecast) -> list[Part]:
    """What is told of a forecast, in its order."""
    one, table = found.prediction, found.table
    head = [
        f"{table.response} at {place(found.target)}: {significant(one['mean'])} {RESPONSE_UNITS[table.response]}",
        f"95 % interval of one new run: {_ends(one['run_low'], one['run_high'])}; of the law alone: "
        f"{_ends(one['law_low'], one['law_high'])}",
        f"law chosen: {found.choice.reason}",
        _reach(float(one["extrapolation"]), len(table.frame)),
    ]
    if one["widening"] > 1.005:
        head.insert(
            2,
            f"the interval of a new run is {one['widening']:.2f} times as wide (in ln {table.response}) as "
            f"the law's own, whose forecasts of the larger runs missed by more than it allows",
        )
    said = [Part("Forecast", head), Part("Laws", [], predictions(found))]
    if found.optimum is not None:
        title = f"Compute-optimal at C = {significant(found.target['flops'])} ({found.optimum_law})"
        said.append(Part(title, [], optimum(found)))
    said.append(Part("Which run next", *next_run(found)))
    said.append(Part(f"Lack of fit ({found.choice.law})", [found.lack_of_fit]))
    said.append(Part("Notes", list(found.notes) or ["none"]))
    if found.left_out:
        said.append(Part("Laws left out", [f"{name}: {reason}" for name, reason in found.left_out.items()]))
    return said


def _reach(factor: float, runs: int) -> str:
    if factor <= 1:
        return f"inside the fitted range of {runs} runs: no extrapolation"
    return f"{factor:.3g} times beyond the fitted range of {runs} runs; no interval knows whether the law holds there"


def predictions(found: Forecast) -> pd.DataFrame:
    """One row per law: forecast, intervals, held-out error and coverage, as text."""
    tested = found.comparison.set_index("law")
    rows = []
    for row in found.predictions.itertuples():
        seen = tested.loc[row.law] if row.law in tested.index else None
        rows.append(
            {
                "law": row.law,
                "forecast": significant(row.mean),
                "new run, 95 %": _ends(row.run_low, row.run_high),
                "law alone, 95 %": _ends(row.law_low, row.law_high),
                "held-out log-RMSE": NONE if seen is None else significant(seen["log_rmse"]),
                "held out": NONE if seen is None else f"{seen['forecasts']:.0f}",
                "of these in 95 %": NONE if seen is None else f"{seen['coverage'] * seen['forecasts']:.0f}",
            }
        )
    return pd.DataFrame(rows)


def _ends(low: float, high: float) -> str:
    return f"{significant(low)} to {significant(high)}"


def optimum(found: Forecast) -> pd.DataFrame:
    """Compute-optimal N, D, D / N and loss with 95 % intervals, and the exponents of N and D in C, as text."""
    best, grown = found.optimum, found.exponents
    values = {"N": best.parameters, "D": best.tokens, "D / N": best.tokens_per_parameter, "loss": best.loss}
    values |= {"exponent of N in C": grown.parameters, "exponent of D in C": grown.tokens}
    shown = [between(value, value.low, value.high) for value in values.values()]
    return pd.DataFrame({"quantity": list(values), "value [95 %]": shown})


def next_run(found: Forecast) -> tuple[list[str], pd.DataFrame | None]:
    """Sentences, and the runs worth paying for as text: sizes, cost, by how much the law's interval gets narrower."""
    listed = found.next_runs
    if listed.empty or listed["narrowing"].max() <= 0:
        return ["no run of up to 30 % of the target's cost narrows its interval, or the scatter is unknown"], None
    least = f"{100 * least_narrowing(found.law):.0f} %"
    shown = listed[listed["worth"].astype(bool)].head(TOP)
    if shown.empty:
        most = f"{100 * listed['narrowing'].max():.1f} %"
        return [
            f"no run of up to 30 % of the target's cost narrows the law's interval by {least}; the most is {most}"
        ], None
    cost = "FLOP" if "flops" in listed else SYMBOLS[found.table.sizes[0]]
    table = pd.DataFrame({SYMBOLS[name]: shown[name].map(significant) for name in SYMBOLS if name in shown})
    table["cost, % of target"] = (100 * shown["cost"]).map(significant)
    table["law's interval narrower by"] = (100 * shown["narrowing"]).map("{:.1f} %".format)
    return [
        f"of runs that narrow the law's interval at the target by {least} or more, the one that narrows it most per "
        f"{cost} first"
    ], table


def text(found: Forecast, card: bool = False) -> str:
    """Plain text for a terminal; the fit card at its end if asked for."""
    lines = []
    for part in parts(found):
        lines += [part.title, "-" * len(part.title), *part.sentences]
        if part.table is not None:
            lines.append(part.table.to_string(index=False))
        lines.append("")
    return "\n".join([*lines, *([found.card.text()] if card else [])]).rstrip()


def markdown(found: Forecast) -> str:
    """Markdown with pipe tables, and the fit card at its end."""
    lines = []
    for part in parts(found):
        lines += [f"### {part.title}", "", *(f"- {sentence}" for sentence in part.sentences), ""]
        if part.table is not None:
            lines += [markdown_table(part.table), ""]
    return "\n".join([*lines, found.card.markdown()])


def markdown_table(table: pd.DataFrame) -> str:
    """A table of text as a Markdown pipe table."""
    rows = [list(map(str, table.columns)), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def html(found: Forecast) -> str:
    """A part of an HTML page: headings, lists, tables, and the fit card."""
    lines = []
    for part in parts(found):
        lines.append(f"<h3>{escaping.escape(part.title)}</h3>")
        if part.sentences:
            lines.append("<ul>" + "".join(f"<li>{escaping.escape(s)}</li>" for s in part.sentences) + "</ul>")
        if part.table is not None:
            lines.append(part.table.to_html(index=False, border=0))
    return "\n".join([*lines, f"<pre>{escaping.escape(found.card.text())}</pre>"])


def latex(found: Forecast) -> str:
    """LaTeX: a paragraph per part and tabular environments (booktabs), and the fit card at its end."""
    lines = []
    for part in parts(found):
        lines.append(f"\\paragraph{{{latex_text(part.title)}}}")
        lines += [latex_text(sentence) + "." + r"\\" for sentence in part.sentences]
        if part.table is not None:
            lines.append(_tabular(part.table))
        lines.append("")
    lines.append(f"\\paragraph{{{latex_text(found.card.title)}}}")
    return "\n".join([*lines, _tabular(found.card.table(), r"lp{0.7\linewidth}")])


def latex_text(sentence: str) -> str:
    """A sentence with the signs that LaTeX reads as commands written out."""
    signs = {"\\": r"\textbackslash{}", "∞": r"$\infty$", "–": "--", "^": r"\^{}", "~": r"\~{}"}
    signs |= {sign: "\\" + sign for sign in "&%$#_{}"} | {"×": r"$\times$"}
    raised = {chr(above): chr(plain) for plain, above in SUPERSCRIPTS.items()}
    parts = []
    for above, letters in groupby(sentence, key=lambda letter: letter in raised):
        power = "".join(raised.get(letter, signs.get(letter, letter)) for letter in letters)
        parts.append(rf"\textsuperscript{{{power}}}" if above else power)
    return "".join(parts)


def _tabular(table: pd.DataFrame, columns: str = "") -> str:
    rows = [" & ".join(latex_text(str(cell)) for cell in row) + r" \\" for row in table.to_numpy().tolist()]
    head = " & ".join(latex_text(str(name)) for name in table.columns) + r" \\"
    inner = [r"\toprule", head, r"\midrule", *rows, r"\bottomrule"]
    columns = columns or "l" + "r" * (len(table.columns) - 1)
    return "\n".join([f"\\begin{{tabular}}{{{columns}}}", *inner, r"\end{tabular}"])


WRITERS: dict[str, Callable[[Forecast], str]] = {"md": markdown, "html": html, "latex": latex}


def export(found: Forecast, form: str) -> str:
    """The forecast as "md", "html" or "latex"; raises UnknownName for another form."""
    check_name("export", form, WRITERS)
    return WRITERS[form](found)
