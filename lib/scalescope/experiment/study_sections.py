"""The section "studies" of a profile: one part per paper, which says what grid of runs it has."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from scalescope.experiment.sections import Count, Different, Objective, Rate, Section, Seed

Amount = Annotated[float, Field(ge=0, le=1)]
Budgets = Annotated[list[Count], Field(min_length=3), Different]


class DialectSection(Section):
    """How far a dialect departs from the text of pretraining, each from 0 (not at all) to 1 (see microworld)."""

    vocabulary: Amount = 0.0
    constructions: Amount = 0.0
    entity_tilt: Amount = 0.0


class AdaptSection(Section):
    """Going on with a pretrained model on another text: linear decay after a warm-up, best held-out loss kept.

    Every run is trained at each of `learning_rates`, since the best one depends on the dialect and on how much data
    there is; the lowest loss counts. A run on f rows has as many steps as `passes` over its rows need, but
    `least_steps` at least (small batches where there are fewer rows than `batch_size`); held-out loss is measured
    `evaluations` times.
    """

    batch_size: Count = 32
    learning_rates: Annotated[list[Rate], Field(min_length=1), Different]
    passes: Count = 4
    least_steps: Count = 32
    evaluations: Count = 8
    warmup_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    heldout_tokens: Count


class Barnett2024Section(Section):
    """Transfer: one model, pretrained for `budgets` tokens, then trained on `rows` rows of each dialect.

    prices: what a token of the dialect costs in tokens of pretraining text, for the allocation. check_dialect,
    check_price: where the recommended split of a budget is trained, and two others.
    """

    model: str
    objective: Objective = "mlm"
    budgets: Budgets
    dialects: Annotated[dict[str, DialectSection], Field(min_length=2)]
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


class Gadre2024Section(Section):
    """Over-training: models of growing size, each pretrained for `multipliers` tokens per parameter.

    The last model is held out, and of every other one the run with the most tokens. Cells of the grid with more than
    `most_tokens`, or without room for warm-up and decay, are not run.
    """

    models: Annotated[list[str], Field(min_length=3), Different]
    objective: Objective = "mlm"
    multipliers: Budgets
    most_tokens: Count

    @property
    def named_models(self) -> list[str]:
        """Models of the profile that the part names."""
        return list(self.models)


class Su2024Section(Section):
    """Trajectories: models at several batch sizes, at a constant rate after the warm-up.

    The rate grows with the batch size to the power `rate_power`; the warm-up and the half-life of Adam's second moment
    stay the same in tokens. tokens: of a run at the batch size of the profile and below; above it they grow with the
    square root. The run of `target_model` at `target_batch_size` is held out. variant_model: where each of these rules
    is changed once.
    """

    models: Annotated[list[str], Field(min_length=2), Different]
    objective: Objective = "mlm"
    batch_sizes: Budgets
    tokens: Count
    rate_power: Annotated[float, Field(ge=0, le=1)] = 0.5
    evaluations: Count = 20
    target_model: str
    target_batch_size: Count
    variant_model: str

    @property
    def named_models(self) -> list[str]:
        """Models of the profile that the part names."""
        return [*self.models, self.target_model, self.variant_model]


class StudiesSection(Section):
    """The studies of a profile: a paper without a part of its own is not run. `seeds` are of all their runs."""

    seeds: Annotated[list[Seed], Field(min_length=1), Different]
    barnett2024: Barnett2024Section | None = None
    su2024: Su2024Section | None = None
    gadre2024: Gadre2024Section | None = None

    @property
    def names(self) -> list[str]:
        """Papers that have a part."""
        return [name for name in type(self).model_fields if name != "seeds" and getattr(self, name) is not None]
