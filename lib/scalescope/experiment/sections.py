"""The sections of a profile: every key, its kind and its limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from scalescope.data.packing import LONGEST_ROW
from scalescope.data.tokenizer import MAX_VOCABULARY, SMALLEST_VOCABULARY
from scalescope.training.schedule import first_decay_step

MOST = 10**13  # of anything that is counted: a larger number is a mistake
MOST_OPTION = 10**8  # of entities, articles, rows: more fits no memory
Count = Annotated[int, Field(gt=0, le=MOST)]
Small = Annotated[int, Field(gt=0, le=10_000)]  # layers, heads and the like
Steps = Annotated[int, Field(gt=0, le=10**9)]
Batch = Annotated[int, Field(gt=0, le=10**6)]
Epochs = Annotated[int, Field(gt=0, le=10**4)]
Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(ge=1e-8, lt=1)]  # a lower one changes no weight
MaskRate = Annotated[float, Field(ge=0.001, lt=1)]  # with a lower one a batch has hardly anything to predict
Seed = Annotated[int, Field(ge=0, lt=2**32)]
MOST_SEEDS = 1000
SHORTEST_ROW = 16  # tokens


def _per_task(kind: Any) -> Any:
    """One number, or a number per task with "default" for the others."""
    return kind | Annotated[dict[str, kind], Field(min_length=1)]


BatchPerTask, EpochsPerTask = _per_task(Batch), _per_task(Epochs)
Rows = _per_task(Count) | None  # a limit, or none
FEWEST_EVAL_ROWS = 10  # an error measured on n rows is a multiple of 1 / n
EvalRows = _per_task(Annotated[int, Field(ge=FEWEST_EVAL_ROWS, le=MOST)]) | None
Objective = Literal["mlm", "pmi"]
Precision = Literal["auto", "fp32", "bf16", "wide"]  # see training/policy.py


def _different(values: list) -> list:
    """The list itself; raises ValueError naming a value that is there twice: it would be run twice under one name."""
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value!r} is listed twice")
        seen.add(value)
    return values


def _one_line(text: str) -> str:
    """The text itself; raises ValueError for one that is blank or would not stay in its line of a terminal."""
    if not text.strip() or not text.isprintable():
        raise ValueError("a title is one line of printable text")
    return text


def is_none(value: object) -> bool:
    """Whether a key was not given; it is then left out of what is written, so that older fingerprints stay."""
    return value is None


Different = AfterValidator(_different)
Title = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Seeds = Annotated[list[Seed], Field(min_length=1, max_length=MOST_SEEDS), Different]


class Section(BaseModel):
    """A part of a profile: unknown keys are refused, values are never changed (1 is a number, "1" and true are not)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceSection(Section):
    """Where text and rows come from; `options` go to the source (seed and sizes of the microworld)."""

    kind: Literal["microworld", "files", "hub"]
    folder: Annotated[str, Field(min_length=1)] | None = None
    options: dict[str, int | float | str] = {}

    @model_validator(mode="after")
    def _options_in_reach_and_folder_read(self) -> SourceSection:
        for name, value in self.options.items():
            if isinstance(value, int) and abs(value) > MOST_OPTION:
                raise ValueError(f"source.options.{name} is {value}; at most {MOST_OPTION:,} makes sense")
        if self.folder is not None and self.kind != "files":
            raise ValueError(
                f"source.folder is {self.folder!r}, but the kind {self.kind!r} reads no folder; 'files' does"
            )
        return self


class TextSection(Section):
    """Tokenizer and corpus. Tokens count pieces; sequence_length includes [CLS]."""

    vocabulary_size: Annotated[int, Field(ge=SMALLEST_VOCABULARY, le=MAX_VOCABULARY)]
    sequence_length: Annotated[int, Field(ge=SHORTEST_ROW, le=LONGEST_ROW)]
    train_tokens: Count
    heldout_tokens: Count

    @model_validator(mode="after")
    def _at_least_one_row(self) -> TextSection:
        for name in ("train_tokens", "heldout_tokens"):
            if getattr(self, name) < self.sequence_length:
                raise ValueError(
                    f"text.{name}={getattr(self, name)} does not fill one row of text.sequence_length="
                    f"{self.sequence_length}"
                )
        return self


class LadderSection(Section):
    """Models of one aspect ratio."""

    aspect_ratio: Small
    layers: Annotated[list[Small], Field(min_length=1), Different]
    heads: Small


class ModelsSection(Section):
    """The ladder that laws are fitted to, the held-out target, and perhaps a second aspect ratio."""

    ladder: LadderSection
    second: LadderSection | None = None
    target: LadderSection

    @model_validator(mode="after")
    def _one_target(self) -> ModelsSection:
        if len(self.target.layers) != 1:
            raise ValueError(f"target.layers must name one model, got {self.target.layers}")
        if len(self.ladder.layers) < 2:
            raise ValueError(
                f"ladder.layers must name two models at least, got {self.ladder.layers}: a law needs two sizes"
            )
        return self


class PretrainSection(Section):
    """Pretraining settings, the same at every size (Ivgi 2022, section 3.1). Steps count batches."""

    batch_size: Batch
    steps: Steps
    learning_rate: Rate
    warmup_steps: Steps
    schedule: Literal["linear", "wsd", "constant"]
    decay_fraction: Share = 0.2
    weight_decay: Share
    dropout: Share
    mask_rate: MaskRate = 0.15
    eval_every: Count
    eval_sequences: Count
    patience: Count
    target_patience: Count | None = None  # the paper waits longer for BERT-Base
    precision: Precision = "auto"
    seeds: Seeds = [0]  # of the ladder; other models have the first

    @model_validator(mode="before")
    @classmethod
    def _seeds_are_a_list(cls, given: Any) -> Any:
        if isinstance(given, dict) and "seed" in given:
            raise ValueError(f"pretrain.seed is now a list; write `seeds: [{given['seed']}]` instead of `seed`")
        return given

    @model_validator(mode="after")
    def _steps_in_order(self) -> PretrainSection:
        for name in ("warmup_steps", "eval_every"):
            if getattr(self, name) > self.steps:
                raise ValueError(f"pretrain.{name}={getattr(self, name)} exceeds pretrain.steps={self.steps}")
        if not self.decay_fraction:
            raise ValueError("pretrain.decay_fraction is 0, which leaves no decay; for none, give `schedule: constant`")
        return self


def budget_steps(pretrain: PretrainSection, fraction: float) -> int:
    """Steps of a run that has this share of the profile's own."""
    return round(fraction * pretrain.steps)


def check_fractions(pretrain: PretrainSection, fractions: list[float]) -> None:
    """Raise ValueError for shares of the steps without room for warm-up and decay, or of equal numbers of steps."""
    found: dict[int, float] = {}
    for fraction in fractions:
        steps = budget_steps(pretrain, fraction)
        if not has_room(pretrain, steps):
            raise ValueError(
                f"budgets.fractions holds {fraction:g}: {steps} of {pretrain.steps} steps have no room for "
                f"{pretrain.warmup_steps} steps of warm-up, a stable part and {pretrain.decay_fraction:.0%} of decay"
            )
        if steps in found:
            raise ValueError(f"budgets.fractions holds {found[steps]:g} and {fraction:g}: both are {steps} steps")
        found[steps] = fraction


def token_steps(pretrain: PretrainSection, tokens: int, sequence_length: int) -> int:
    """Steps of a run of so many tokens, padding included."""
    return round(tokens / (pretrain.batch_size * sequence_length))


def check_budgets(pretrain: PretrainSection, budgets: list[int], sequence_length: int) -> None:
    """Raise ValueError for a budget in tokens without room for warm-up, stable part and decay, or of equal steps."""
    found: dict[int, int] = {}
    for tokens in budgets:
        steps = token_steps(pretrain, tokens, sequence_length)
        if not has_room(pretrain, steps):
            raise ValueError(
                f"a budget of {tokens} tokens ({steps} steps) has no room for {pretrain.warmup_steps} steps of "
                f"warm-up, a stable part and {pretrain.decay_fraction:.0%} of decay"
            )
        if steps in found:
            raise ValueError(f"budgets of {found[steps]} and {tokens} tokens: both are {steps} steps")
        found[steps] = tokens


def check_batch(text: TextSection, batch_size: int, what: str) -> None:
    """Raise ValueError for a batch of more rows than the train text can have; `what` names it."""
    rows = text.train_tokens // text.sequence_length
    if batch_size > rows:
        raise ValueError(
            f"{what} is more than the {rows} rows of text.train_tokens={text.train_tokens} at text.sequence_length="
            f"{text.sequence_length}"
        )


def has_room(pretrain: PretrainSection, steps: int) -> bool:
    """Whether so many steps have room for warm-up, a stable part and decay."""
    settings = {"warmup_steps": pretrain.warmup_steps, "decay_fraction": pretrain.decay_fraction}
    return first_decay_step("wsd", steps=steps, **settings) > pretrain.warmup_steps


class FinetuneSection(Section):
    """Finetuning settings. The number of epochs is tuned by evaluating each."""

    max_length: Annotated[int, Field(ge=16)]
    stride: Count
    batch_size: BatchPerTask
    epochs: EpochsPerTask
    learning_rates: Annotated[list[Rate], Field(min_length=1), Different]
    seeds: Seeds
    schedule: Literal["constant", "linear"] = "constant"  # the paper's; "linear" falls to zero after warm-up
    warmup_fraction: Share
    dropout: Share
    weight_decay: Share
    precision: Precision = "auto"
    train_rows: Rows = None
    eval_rows: EvalRows = None
    roles: Annotated[list[Literal["ladder", "second", "target"]], Different] = ["ladder", "target"]  # paper: figure 3
    fixed_rate_objectives: Annotated[list[Objective], Different] = ["mlm"]  # as in the paper's figure 4
    from_scratch: bool = False  # the control: each of these models also finetuned from its initialisation

    @model_validator(mode="after")
    def _laws_are_possible(self) -> FinetuneSection:
        if "ladder" not in self.roles:
            raise ValueError(f"finetune.roles is {self.roles}: the laws are fitted to the ladder; add 'ladder'")
        if "target" not in self.roles and self.fixed_rate_objectives:
            raise ValueError(
                f"finetune.fixed_rate_objectives is {self.fixed_rate_objectives}: the fixed rate is the target's best; "
                "add 'target' to finetune.roles, or give no objective (fixed_rate_objectives: [])"
            )
        if self.stride >= self.max_length:
            raise ValueError(
                f"finetune.stride={self.stride} must be below finetune.max_length={self.max_length}: windows must meet"
            )
        return self


class BudgetsSection(Section):
    """Error against pretraining tokens: one model, pretrained for several shares of the profile's steps.

    Each share is a warm-up-stable-decay run (the runs share their stable part), finetuned on every task.
    """

    model: str
    objectives: Annotated[list[Objective], Field(min_length=1), Different]
    fractions: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=2), Different]
    seeds: Annotated[Seeds | None, Field(exclude_if=is_none)] = None  # of finetuning; those of `finetune`
