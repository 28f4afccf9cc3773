"""The section "studies" of a profile: one part per paper, which says what grid of runs it has."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from scalescope.experiment.sections import Batch, Count, Different, Objective, Rate, Section, Seeds

STANDARD = "standard"  # name of the text of pretraining
DIALECT = r"[A-Za-z][A-Za-z0-9_-]*"
MISSING = ("nan", "NaN", "null", "NULL", "NA", "None")
LARGEST_BUDGET = 8  # Lin 2024, table 1: the full number of examples over the most that may be used to choose a model
LEAST_SIZES = 5  # within it: the rectified law has four parameters
Amount = Annotated[float, Field(ge=0, le=1)]
Budgets = Annotated[list[Count], Field(min_length=3), Different]


class DialectSection(Section):
    """How far a dialect departs from the text of pretraining, each from 0 (not at all) to 1 (see microworld)."""

    vocabulary: Amount = 0.0
    constructions: Amount = 0.0
    entity_tilt: Amount = 0.0


def _own_names(dialects: dict) -> dict:
    """The dialects themselves; raises ValueError for one that is called as the text of pretraining is.

    Also for a name that a table would not give back as it is: a number, or what stands for a missing value.
    """
    if STANDARD in dialects:
        raise ValueError(f"a dialect cannot be called {STANDARD!r}: that is the text of pretraining")
    for name in dialects:
        if re.fullmatch(DIALECT, name) is None or name in MISSING:
            raise ValueError(
                f"a dialect cannot be called {name!r}: a letter first, then letters, digits, _ and -, and none of "
                f"{', '.join(MISSING)}, which tables read as a missing value"
            )
    return dialects


OwnNames = AfterValidator(_own_names)


class AdaptSection(Section):
    """Going on with a pretrained model on another text: linear decay after a warm-up, best held-out loss kept.

    Every run is trained at each of `learning_rates`, since the best one depends on the dialect and on how much data
    there is; the lowest loss counts. A run on f rows has passes (f / batch_size)^growth steps, but `least_steps` at
    least: with a growth of 1 each row is read `passes` times, with less more rows are read fewer times each. (Batches
    are smaller where there are fewer rows than `batch_size`.) Held-out loss is measured `evaluations` times.
    """

    batch_size: Batch = 32
    learning_rates: Annotated[list[Rate], Field(min_length=1), Different]
    passes: Count = 4
    growth: Annotated[float, Field(ge=0, le=1)] = 1.0
    least_steps: Count = 32
    evaluations: Count = 8
    warmup_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    heldout_tokens: Count

    def steps(self, rows: int) -> int:
        """Steps of a run on so many rows."""
        return max(self.least_steps, round(self.passes * (rows / self.batch_size) ** self.growth))


class StudyPart(Section):
    """What the part of every paper has: the objective that its models are trained with."""

    objective: Objective = "mlm"

    @property
    def objectives(self) -> list[str]:
        """Objectives of the profile that the part names."""
        return [self.objective]


class Barnett2024Section(StudyPart):
    """Transfer: one model, pretrained for `budgets` tokens, then trained on `rows` rows of each dialect.

    prices: what a token of the dialect costs in tokens of pretraining text, for the allocation. check_dialect,
    check_price: where the recommended split of a budget is trained, and two others.
    """

    model: str
    budgets: Budgets
    dialects: Annotated[dict[str, DialectSection], Field(min_length=2), OwnNames]
    rows: Budgets
    adapt: AdaptSection
    prices: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1), Different]
    check_dialect: str
    check_price: Annotated[float, Field(gt=0)]

    @property
    def named_models(self) -> list[str]:
        """Models of the profile that the part names."""
        return [self.model]

    @model_validator(mode="after")
    def _check_is_known(self) -> Barnett2024Section:
        if self.check_dialect not in self.dialects:
            raise ValueError(f"check_dialect is {self.check_dialect!r}; the dialects are {', '.join(self.dialects)}")
        return self


class Gadre2024Section(StudyPart):
    """Over-training: models of growing size, each pretrained for `multipliers` tokens per parameter.

    The last model is held out, and of every other one the run with the most tokens. Cells of the grid with more than
    `most_tokens`, or without room for warm-up and decay, are not run. dialects: texts that the grid is trained on once
    more, each in place of the text of pretraining and in its pieces (the paper has three texts, one tokenizer);
    dialect_models: where it has fewer models there.
    """

    models: Annotated[list[str], Field(min_length=3), Different]
    multipliers: Budgets
    most_tokens: Count
    dialects: Annotated[dict[str, DialectSection], OwnNames] = Field(default_factory=dict)
    dialect_models: Annotated[list[str], Field(min_length=3), Different] | None = None

    @property
    def named_models(self) -> list[str]:
        """Models of the profile that the part names."""
        return list(self.models)

    @property
    def texts(self) -> list[str]:
        """The texts that the grid is trained on, the standard one first."""
        return [STANDARD, *self.dialects]

    def models_on(self, text: str) -> list[str]:
        """Models of the grid on one text, in their order; the last one is held out."""
        return self.models if text == STANDARD or self.dialect_models is None else self.dialect_models

    @model_validator(mode="after")
    def _dialects_are_possible(self) -> Gadre2024Section:
        others = [name for name in self.dialect_models or [] if name not in self.models]
        if others:
            raise ValueError(f"dialect_models has {others[0]!r}; the models are {', '.join(self.models)}")
        if self.dialect_models and not self.dialects:
            raise ValueError("dialect_models is given, but there are no dialects")
        if self.dialect_models and self.dialect_models != [n for n in self.models if n in self.dialect_models]:
            raise ValueError(f"dialect_models must be in the order of models, got {', '.join(self.dialect_models)}")
        if self.dialects and self.objective != "mlm":
            raise ValueError(f"objective is {self.objective!r}: on a dialect there is the objective 'mlm' only")
        return self


class Su2024Section(StudyPart):
    """Trajectories: models at several batch sizes, at a constant rate after the warm-up.

    The rate grows with the batch size to the power `rate_power`; the warm-up and the half-life of Adam's second moment
    stay the same in tokens. tokens: of a run at the batch size of the profile and below; above it they grow with the
    square root. The run of `target_model` at `target_batch_size` is held out. variant_model: where each of these rules
    is changed once.
    """

    models: Annotated[list[str], Field(min_length=2), Different]
    batch_sizes: Budgets
    tokens: Count
    rate_power: Annotated[float, Field(ge=0, le=1)] = 0.5
    evaluations: Count = 20
    target_model: str
    target_batch_size: Count
    variant_model: str

    def steps(self, batch_size: int, own: int, sequence_length: int) -> int:
        """Steps of a run at a batch size, where `own` is that of the profile."""
        return round(self.tokens * max(1.0, (batch_size / own) ** 0.5) / (batch_size * sequence_length))

    @property
    def named_models(self) -> list[str]:
        """Models of the profile that the part names."""
        return [*self.models, self.target_model, self.variant_model]


class ZooMember(Section):
    """A pretrained model: size, objective, tokens (padding included) and the text, STANDARD or a dialect."""

    model: str
    tokens: Count
    objective: Objective = "mlm"
    text: str = STANDARD

    @property
    def name(self) -> str:
        """Such as "ar12-l2 pmi 655K" or "ar12-l2 mlm 655K on near"."""
        where = "" if self.text == STANDARD else f" on {self.text}"
        return f"{self.model} {self.objective} {self.tokens / 1000:.0f}K{where}"


class Lin2024Section(StudyPart):
    """Selection: every model of a `zoo` is trained on `rows` rows of the dialect `task`, and one is to be chosen early.

    dialects: the task, and texts that members of the zoo are pretrained on. The sizes above an eighth of the largest
    are held out. objective: of the training on the task, the same for all, so that losses compare.
    """

    zoo: Annotated[list[ZooMember], Field(min_length=3), Different]
    dialects: Annotated[dict[str, DialectSection], Field(min_length=1), OwnNames]
    task: str
    rows: Budgets
    adapt: AdaptSection

    @property
    def named_models(self) -> list[str]:
        """Models of the profile that the part names."""
        return list(dict.fromkeys(member.model for member in self.zoo))

    @property
    def objectives(self) -> list[str]:
        """Objectives of the profile that the part names."""
        return list(dict.fromkeys([self.objective, *(member.objective for member in self.zoo)]))

    @property
    def affordable(self) -> list[int]:
        """The sizes that the largest budget pays for: what laws are fitted to before the rest is trained."""
        return [rows for rows in sorted(self.rows) if rows <= max(self.rows) / LARGEST_BUDGET]

    @model_validator(mode="after")
    def _texts_are_known_and_sizes_enough(self) -> Lin2024Section:
        if self.task not in self.dialects:
            raise ValueError(f"task is {self.task!r}; the dialects are {', '.join(self.dialects)}")
        for member in self.zoo:
            if member.text not in (STANDARD, *self.dialects):
                raise ValueError(
                    f"{member.name} has the text {member.text!r}; there are {STANDARD}, {', '.join(self.dialects)}"
                )
            if member.text != STANDARD and member.objective != "mlm":
                raise ValueError(f"{member.name}: on a dialect there is the objective 'mlm' only")
        if len(self.affordable) < LEAST_SIZES:
            raise ValueError(
                f"rows has {len(self.affordable)} sizes up to an eighth of the largest, {max(self.rows)}; a law of "
                f"four parameters needs {LEAST_SIZES}"
            )
        return self


class StudiesSection(Section):
    """The studies of a profile: a paper without a part of its own is not run.

    seeds: of all their runs. parts: into how many jobs a stage is divided at most; each starts a process of its own,
    which takes longer than the runs of a tiny profile.
    """

    seeds: Seeds
    parts: Count = 4
    barnett2024: Barnett2024Section | None = None
    su2024: Su2024Section | None = None
    gadre2024: Gadre2024Section | None = None
    lin2024: Lin2024Section | None = None

    @property
    def names(self) -> list[str]:
        """Papers that have a part."""
        return [name for name, found in self if isinstance(found, Section)]
