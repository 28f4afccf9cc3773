"""The runs of all studies of a profile in one form, so that any law can be fitted to what it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from scalescope import paths
from scalescope.errors import NotFinished, check_name
from scalescope.experiment.study_sections import STANDARD

PRETRAINED, FINETUNED = "pretrained", "finetuned"
AFTER_WARMUP = 2.0  # a curve counts from so many times its warm-up on
POINTS = [
    "study",
    "role",
    "kind",
    "target",
    "text",
    "base",
    "lineage",
    "plain",
    "parameters",
    "pretrain_tokens",
    "finetune_tokens",
    "tokens",
    "steps",
    "batch_size",
    "loss",
    "run_id",
]
TRAJECTORIES = ["run_id", "parameters", "batch_size", "steps", "loss"]


@dataclass(frozen=True)
class Campaign:
    """Points of all studies (POINTS), and the curves at a constant rate.

    kind: PRETRAINED or FINETUNED. base: what a finetuned run goes on from, on which text, with which seed. lineage: the
    same without the budget of pretraining. plain: pretrained on the standard text with the study's own objective.
    trajectories: TRAJECTORIES, one row per evaluation.
    """

    points: pd.DataFrame
    trajectories: pd.DataFrame

    def fitted(self, kind: str) -> pd.DataFrame:
        """Points of a kind that laws may be fitted to."""
        return self.points[(self.points["kind"] == kind) & (self.points["role"] == "fit")]

    def targets(self) -> pd.DataFrame:
        """The held-out runs."""
        return self.points[self.points["role"] == "held_out"]


def read_campaign(profile: str) -> Campaign:
    """The campaign from the tables of the finished studies of a profile; raises NotFinished where there are none."""
    folder, tables = paths.results(profile), {}
    for study, (names, _) in READERS.items():
        files = {name: folder / study / f"{name}.csv" for name in names}
        if all(file.is_file() for file in files.values()):
            tables[study] = {name: pd.read_csv(file) for name, file in files.items()}
    if not tables:
        raise NotFinished(f"no study in {folder} has tables; `scalescope studies --profile {profile}` makes them")
    return campaign(tables)


def campaign(tables: Mapping[str, Mapping[str, pd.DataFrame]]) -> Campaign:
    """The campaign from the tables of studies by study and name (READERS); a study may be missing.

    Raises UnknownName for another study.
    """
    parts, curves = [], pd.DataFrame(columns=TRAJECTORIES)
    for study, own in tables.items():
        check_name("study", study, READERS)
        parts.append(READERS[study][1](own))
        curves = _trajectories(own["curves"]) if "curves" in own else curves
    points = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return Campaign(points.reindex(columns=POINTS), curves)


def _pretraining(runs: pd.DataFrame) -> pd.DataFrame:
    runs = runs[(runs["status"] == "finished") & (runs["kind"] == "pretrain")]
    target = [f"{n:,} parameters, {d:,} tokens" for n, d in zip(runs["parameters"], runs["tokens"], strict=True)]
    return runs.assign(kind=PRETRAINED, target=target, base="", lineage="", plain=True)


def _gadre(own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Its runs on the standard text: what is trained on another one is no target of laws of this one."""
    runs = own["runs"]
    return _pretraining(runs[runs["text"] == STANDARD])


def _su(own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Its target alone: the fitted runs end at a constant rate, and enter as whole curves."""
    runs = _pretraining(own["runs"])
    return runs[runs["role"] == "held_out"]


def _barnett(own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Finetuned runs, of those that differ in their rate only the best."""
    runs = own["runs"]
    runs = runs[(runs["status"] == "finished") & (runs["kind"] == "adapt")]
    cell = ["text", "pretrain_tokens", "rows", "seed"]
    runs = runs.sort_values(["loss", "learning_rate"], kind="stable").drop_duplicates(cell).sort_index()
    named = [f"{row.text}, {row.pretrain_tokens:,} + {row.finetune_tokens:,} tokens" for row in runs.itertuples()]
    base = [f"{row.text} {row.pretrain_tokens} {row.seed}" for row in runs.itertuples()]
    return runs.assign(kind=FINETUNED, target=named, base=base, lineage="", plain=True)


def _lin(own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Finetuned members of the zoo, with what each was pretrained on."""
    zoo = own["zoo"].set_index("model")
    points = own["points"][["model", "run_id"]].merge(own["runs"], on="run_id")
    objective, text = (zoo.loc[points["model"], name].to_numpy() for name in ("objective", "text"))
    lineage = [f"{n} {o} {t}" for n, o, t in zip(points["parameters"], objective, text, strict=True)]
    named = [f"{model}, {rows:,} rows" for model, rows in zip(points["model"], points["rows"], strict=True)]
    plain = (objective == points["objective"]) & (text == STANDARD)
    return points.assign(kind=FINETUNED, target=named, base=points["model"], lineage=lineage, plain=plain)


# tables of each study, below data/results/<profile>/, and what makes points of them
READERS: dict[str, tuple[list[str], Callable[[Mapping[str, pd.DataFrame]], pd.DataFrame]]] = {
    "barnett2024": (["runs"], _barnett),
    "su2024": (["runs", "curves"], _su),
    "gadre2024": (["runs"], _gadre),
    "lin2024": (["runs", "zoo", "points"], _lin),
}


def _trajectories(curves: pd.DataFrame) -> pd.DataFrame:
    rows = curves[(curves["role"] == "fit") & (curves["variant"] == STANDARD)]
    rows = rows[rows["step"] >= AFTER_WARMUP * rows["warmup_steps"]].rename(columns={"step": "steps"})
    return rows[TRAJECTORIES].reset_index(drop=True)
