"""The fit card: on one page, what a reader must know to judge or repeat a fit.

The items are those of the checklist of Li et al. 2025, "(Mis)Fitting: A Survey of Scaling Laws". The law fills in what
it knows; the caller hands in the rest; what nobody said reads "not reported", and `missing` names it.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

import numpy as np
import pandas as pd

from scalescope.errors import check_name
from scalescope.laws.inputs import whole
from scalescope.number_text import significant

MISSING = "not reported"
NARROWEST = 40  # columns of the card as text: half for the labels

LABELS = {
    "law": "law",
    "equation": "equation",
    "source": "source",
    "params": "fitted values",
    "intervals": "intervals",
    "interval_method": "intervals from",
    "scatter": "scatter of runs",
    "points_used": "points used",
    "distinct_sizes": "distinct sizes",
    "points_left_out": "points left out",
    "seeds": "seeds",
    "parameters_counted": "parameters counted",
    "tokens": "tokens",
    "tuning": "tuning",
    "optimiser": "optimiser and starts",
    "bounds": "bounds of the search",
    "loss": "loss of the fit",
    "held_out": "held-out error",
    "identifiability": "identifiability",
    "lack_of_fit": "lack of fit",
    "remarks": "remarks",
    "fitted_range": "fitted range",
    "extrapolation": "extrapolation factor",
    "measured": "what y measures",
    "inputs": "inputs",
    "flops": "FLOPs counted",
    "text": "training text",
    "epochs": "passes over the text",
    "shapes": "shapes of the models",
    "schedule": "batch size and schedule",
    "checkpoints": "checkpoints",
    "convergence": "convergence",
    "released": "code and data",
}
STUDY = ("measured", "flops", "text", "epochs", "shapes", "schedule", "checkpoints", "convergence", "released")


class Reported(Protocol):
    """What a fit card asks."""

    def facts(self) -> dict[str, Any]:
        """What the law itself knows, by the names of LABELS."""

    def extrapolation(self, X: Any) -> np.ndarray:
        """Factor [n] by which X lies outside the fitted range."""


@dataclass(frozen=True)
class FitCard:
    """A card: `facts` by the names of LABELS, each a plain value (None: not reported)."""

    facts: dict[str, Any] = field(repr=False)
    title: str = "Fit card"

    def as_dict(self) -> dict[str, Any]:
        """All items as plain numbers, strings, lists and dicts, ready for JSON."""
        return {"title": self.title, **{name: self.facts[name] for name in LABELS}}

    @property
    def missing(self) -> list[str]:
        """What nobody reported, by the labels that readers see."""
        return [label for label, value in self._shown() if value == MISSING]

    def text(self, width: int = 100) -> str:
        """The card as plain text, one item a paragraph, wrapped at `width` columns."""
        width = whole(width, "width", NARROWEST)
        margin = max(map(len, LABELS.values())) + 2
        lines = [self.title, "=" * len(self.title)]
        for label, value in self._shown():
            lines += textwrap.wrap(value, width, initial_indent=f"{label:<{margin}}", subsequent_indent=" " * margin)
        return "\n".join(lines)

    def markdown(self) -> str:
        """The card as a Markdown table of two columns under a heading."""
        rows = [f"| {label} | {_cell(value)} |" for label, value in self._shown()]
        return "\n".join([f"### {self.title}", "", "| item | value |", "|---|---|", *rows])

    def table(self) -> pd.DataFrame:
        """The card as a table of text, columns item and value."""
        return pd.DataFrame(self._shown(), columns=["item", "value"])

    def html(self, heading: bool = True) -> str:
        """The card as an HTML table of two columns, under a heading unless the page has one."""
        cell = '<td style="text-align: left">{}</td>'
        rows = [f"<tr>{cell.format(label)}{cell.format(escape(value))}</tr>" for label, value in self._shown()]
        table = f"<table>{''.join(rows)}</table>"
        return f"<h3>{escape(self.title)}</h3>{table}" if heading else table

    def _shown(self) -> list[tuple[str, str]]:
        return [(label, _shown(self.facts[name])) for name, label in LABELS.items()]

    def __str__(self) -> str:
        return self.text()

    def _repr_markdown_(self) -> str:
        return self.markdown()


def fit_card(
    law: Reported,
    *,
    title: str | None = None,
    parameters_counted: str | None = None,
    tokens: Any = None,
    tuning: str | None = None,
    seeds: Any = None,
    left_out: Any = None,
    held_out: Any = None,
    target: Any = None,
    study: Mapping[str, str] | None = None,
) -> FitCard:
    """The card of a fitted `law`; raises NotFittedError before `fit`, UnknownName for an item of `study` that is none,
    ValueError for what is neither a number nor words.

    What the law cannot know: `parameters_counted` (how: e.g. "12 L H^2, without embeddings"), `tokens` (how many each
    run saw), `tuning` (of hyperparameters), `seeds` (a number or words; else counted from the groups), `left_out`
    (points dropped before the fit, and why; beside those of weight zero), `held_out` (error on points not fitted; a
    number, words or a dict), `target` (X of the forecast, for the extrapolation factor), `study` (words on how the
    runs came about, by the names of STUDY: what y is and on which data, the rule for FLOPs, the text and how often it
    was passed over, how width and depth grow, batch size, rate and schedule, which checkpoints are points, whether
    runs converged, where code and data are).
    """
    for what, words in (("title", title), ("parameters_counted", parameters_counted), ("tuning", tuning)):
        if words is not None and not isinstance(words, str):
            raise ValueError(f"{what} must be words; got {words!r:.80}")
    if study is not None and not isinstance(study, Mapping):
        raise ValueError(f"study must be a dict of words by the names {', '.join(STUDY)}; got {study!r:.80}")
    for name in study or {}:
        check_name("item of `study`", name, STUDY)
        if study[name] is not None and not isinstance(study[name], str):
            raise ValueError(f"{name!r} of `study` must be words; got {study[name]!r:.80}")
    facts = law.facts() | {name: (study or {}).get(name) for name in STUDY}
    weightless, masked = facts["points_left_out"], facts.pop("masked")
    reasons = [f"{count} {why}" for count, why in ((weightless, "of weight zero"), (masked, "masked")) if count]
    left_out = _plain(left_out, "left_out")
    if left_out is not None and not reasons:
        facts["points_left_out"] = left_out
    elif left_out is not None or masked:
        facts["points_left_out"] = "; ".join([*([] if left_out is None else [_shown(left_out)]), *reasons])
    given = {"parameters_counted": parameters_counted, "tokens": tokens, "tuning": tuning, "held_out": held_out}
    facts |= {name: _plain(value, name) for name, value in given.items()}
    facts["seeds"] = _plain(seeds, "seeds") if seeds is not None else facts.get("seeds")
    facts["extrapolation"] = None if target is None else _furthest(law, target)
    return FitCard(facts, title or f"Fit card: {type(law).__name__}")


def check_items(given: Mapping[str, Any]) -> None:
    """Raise UnknownName for a keyword that `fit_card` does not take; one of STUDY is told where it belongs."""
    known = [name for name, of in inspect.signature(fit_card).parameters.items() if of.kind is of.KEYWORD_ONLY]
    for name in given:
        if name in STUDY:
            raise ValueError(f"{name!r} of a card is given in the dict `study`: card(study={{{name!r}: ...}})")
        check_name("item of a card", name, known)


def _furthest(law: Reported, target: Any) -> float:
    factor = law.extrapolation(target)
    if not len(factor):
        raise ValueError("target has no rows: it must hold the inputs of what is forecast")
    return float(factor.max())


def _plain(value: Any, name: str) -> Any:
    """`value` without types of NumPy and pandas, for JSON; raises ValueError for what is neither numbers nor words."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, f"{name} {key}") for key, inner in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(inner, name) for inner in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"{name} must be a number, words, or a dict or list of such; got {value!r:.80}")


def _shown(value: Any) -> str:
    if value is None or value == {} or value == [] or value == "":
        return MISSING
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        between = " to " if len(value) == 2 and all(isinstance(v, int | float) for v in value) else "; "
        return between.join(_shown(inner) for inner in value)
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else significant(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
