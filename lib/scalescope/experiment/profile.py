"""Profiles: what to run. A YAML file, validated key by key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from scalescope import files, paths
from scalescope.data.encoded import DataSettings, of_task
from scalescope.data.tasks.spec import TASKS
from scalescope.errors import UnknownName, check_name
from scalescope.experiment.profile_file import DATA_ENDING, LONGEST_NAME, NAME, explain, find_profile, read_profile
from scalescope.experiment.sections import (
    BudgetsSection,
    Different,
    FinetuneSection,
    LadderSection,
    ModelsSection,
    Objective,
    PretrainSection,
    Section,
    SourceSection,
    TextSection,
    Title,
    check_batch,
    check_fractions,
    is_none,
)
from scalescope.experiment.study_checks import check_studies
from scalescope.experiment.study_sections import StudiesSection
from scalescope.model.config import EncoderConfig
from scalescope.tables import SCRATCH

LARGEST_MODEL = 1e11  # parameters
ALL = "all"  # in place of an objective: every one that models are finetuned after


@dataclass(frozen=True)
class ModelSpec:
    """One model of a profile: its name ("ar16-l2"), role ("ladder", "second", "target") and shape."""

    name: str
    role: str
    config: EncoderConfig


class Profile(Section):
    """Everything one pipeline run needs to know."""

    name: Annotated[str, Field(pattern=f"^{NAME}$", max_length=LONGEST_NAME + len(DATA_ENDING))]
    title: Title
    source: SourceSection
    text: TextSection
    models: ModelsSection
    objectives: Annotated[list[Objective], Field(min_length=1), Different]
    pretrain: PretrainSection
    tasks: Annotated[list[str], Field(min_length=1), Different]
    finetune: FinetuneSection
    budgets: BudgetsSection | None = None
    studies: Annotated[StudiesSection | None, Field(exclude_if=is_none)] = None

    @model_validator(mode="after")
    def _consistent(self) -> Profile:
        settings = self.finetune
        per_task = (settings.train_rows, settings.eval_rows, settings.batch_size, settings.epochs)
        limits = [numbers for numbers in per_task if isinstance(numbers, dict)]
        for task in (*self.tasks, *(name for rows in limits for name in rows if name != "default")):
            check_name("task", task, TASKS)
        for key in ("batch_size", "epochs"):
            without = [task for task in self.tasks if of_task(getattr(settings, key), task) is None]
            if without:
                raise ValueError(f"finetune.{key} has neither {without[0]!r} nor 'default'")
        for task in self.tasks:
            rows, batch = of_task(settings.train_rows, task), of_task(settings.batch_size, task)
            if rows is not None and batch > rows:
                raise ValueError(f"finetune.batch_size={batch} of {task!r} is more than its finetune.train_rows={rows}")
        if self.finetune.max_length > self.text.sequence_length:
            raise ValueError(
                f"finetune.max_length={self.finetune.max_length} exceeds text.sequence_length="
                f"{self.text.sequence_length}: the encoder has no position embeddings beyond it"
            )
        self._sizes_possible()
        names = [spec.name for spec in self.all_models()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"models listed twice: {', '.join(twice)}")
        if self.models.second and self.models.second.aspect_ratio == self.models.ladder.aspect_ratio:
            raise ValueError(
                f"models.second.aspect_ratio={self.models.second.aspect_ratio} is the ladder's: models of one ratio "
                f"have one law; name them in models.ladder.layers"
            )
        check_batch(self.text, self.pretrain.batch_size, f"pretrain.batch_size={self.pretrain.batch_size}")
        self._budgets_possible()
        check_studies(self)
        return self

    def _budgets_possible(self) -> None:
        if self.budgets is None:
            return
        spec = self.model(self.budgets.model)
        if spec.role not in self.finetune.roles:
            raise ValueError(
                f"budgets.model is {spec.name!r}, of the role {spec.role!r}, but finetune.roles is "
                f"{self.finetune.roles}: its learning rates are those found in finetuning; name another model"
            )
        for objective in self.budgets.objectives:
            check_name("objective in budgets.objectives", objective, self.objectives)
        check_fractions(self.pretrain, self.budgets.fractions)

    def _sizes_possible(self) -> None:
        if "second" in self.finetune.roles and self.models.second is None:
            raise ValueError("finetune.roles names 'second', but there is no models.second")
        for spec in self.all_models():
            if spec.config.parameters > LARGEST_MODEL:
                raise ValueError(
                    f"model {spec.name} would have {spec.config.parameters:.1e} parameters; the most that makes sense "
                    f"here is {LARGEST_MODEL:.0e}"
                )

    def all_models(self) -> list[ModelSpec]:
        """Every model: ladder, second aspect ratio, target."""
        specs = []
        for role in ("ladder", "second", "target"):
            part: LadderSection | None = getattr(self.models, role)
            for layers in part.layers if part else []:
                config = EncoderConfig(
                    aspect_ratio=part.aspect_ratio,
                    layers=layers,
                    heads=part.heads,
                    vocabulary_size=self.text.vocabulary_size,
                    max_length=self.text.sequence_length,
                    dropout=self.pretrain.dropout,
                )
                specs.append(ModelSpec(config.name, role, config))
        return specs

    def model(self, name: str) -> ModelSpec:
        """The model called `name`; raises UnknownName with the nearest one."""
        specs = {spec.name: spec for spec in self.all_models()}
        check_name("model", name, specs)
        return specs[name]

    def pretraining_seeds(self, spec: ModelSpec) -> list[int]:
        """The seeds that a model is pretrained (or initialised) with: all for the ladder, the first for any other."""
        return list(self.pretrain.seeds) if spec.role == "ladder" else self.pretrain.seeds[:1]

    def pretraining_seed(self, spec: ModelSpec, place: int = 0) -> int:
        """The seed at a place (from 0) of `pretraining_seeds`; raises ValueError for a place that is not there."""
        seeds = self.pretraining_seeds(spec)
        if not 0 <= place < len(seeds):
            raise ValueError(
                f"{spec.name} ({spec.role}) of profile {self.name!r} has the pretraining seeds {seeds}, at the places "
                f"0 to {len(seeds) - 1}; got the place {place}"
            )
        return seeds[place]

    @property
    def target(self) -> ModelSpec:
        """The held-out larger model."""
        return next(spec for spec in self.all_models() if spec.role == "target")

    @property
    def budget_model(self) -> ModelSpec:
        """The model of the section "budgets"; raises ValueError for a profile without it."""
        if self.budgets is None:
            raise ValueError(f"profile {self.name!r} has no section 'budgets'")
        return self.model(self.budgets.model)

    @property
    def budget_objectives(self) -> list[str]:
        """Objectives whose error is measured against pretraining tokens; none without the section "budgets"."""
        return list(self.budgets.objectives) if self.budgets else []

    @property
    def budget_seeds(self) -> list[int]:
        """Finetuning seeds of every budget: those of the section "budgets", or else those of finetuning."""
        return (self.budgets and self.budgets.seeds) or self.finetune.seeds

    @property
    def finetuned_objectives(self) -> list[str]:
        """What models are finetuned after: the objectives, and last "scratch" (nothing) where the control is wanted."""
        return [*self.objectives, *([SCRATCH] if self.finetune.from_scratch else [])]

    def finetuned_after(self, objective: str) -> list[str]:
        """Objectives that a name stands for: itself, or with "all" every one that models are finetuned after.

        Raises UnknownName for one that this profile does not finetune.
        """
        if objective != ALL and objective not in self.finetuned_objectives:
            raise UnknownName(f"objective of profile {self.name!r}", objective, [*self.finetuned_objectives, ALL])
        return self.finetuned_objectives if objective == ALL else [objective]

    def data_settings(self) -> DataSettings:
        """What determines the encoded corpus and tasks."""
        rows = self.finetune.model_dump(include={"max_length", "stride", "train_rows", "eval_rows"})
        return DataSettings(**self.source.model_dump(), **self.text.model_dump(), **rows)


def available_profiles() -> list[str]:
    """Names of the profiles in profiles/."""
    return sorted(path.stem for path in paths.profile_file("x").parent.glob("*.yaml"))


def load_profile(name: str | Path, data: str | Path | None = None) -> Profile:
    """Read and validate a profile by name or path; it is called what its file is called.

    data: folder with corpus/ and tasks/ that replaces the profile's source (same as DATA= of make); a profile
    of another source is then called "<name>-files", so that its tables do not mix. This folder, source.folder and the
    path of a profile are taken from the folder in which the command was given (see paths.given). A path that ends in
    .json is the record of a profile in use (see record.py), whose data are its own.
    Raises UnknownName for a name that does not exist and ValueError naming each bad key, its line, its value and the
    nearest valid key, for a name that may not be (see profile_file.py), for a target no larger than the ladder, and for
    a fixed rate of an objective that is not there.
    """
    if str(name).endswith(".json"):
        if not Path(name).is_file():
            raise ValueError(f"no profile in use at {name}: `scalescope reproduce` writes it")
        return Profile.model_validate(files.read_record(Path(name))["profile"])
    path = find_profile(str(name), available_profiles())
    content, lines = read_profile(path, available_profiles())
    source = content.get("source")
    if data:
        if not isinstance(source, dict) or source.get("kind") != "files":  # other data: other tables and figures
            content["name"] += DATA_ENDING
        content["source"] = {"kind": "files", "folder": str(paths.given(data))}
    elif isinstance(source, dict) and isinstance(source.get("folder"), str) and source["folder"]:
        content["source"] = {**source, "folder": str(paths.given(source["folder"]))}
    try:
        profile = Profile.model_validate(content)
    except ValidationError as error:
        raise ValueError(explain(path, error, lines, Profile)) from None
    _need_larger_target(profile, path)
    for objective in content["finetune"].get("fixed_rate_objectives", ()):  # by default none need be known
        if objective not in profile.objectives:
            kind = f"objective in finetune.fixed_rate_objectives of profile {path}"
            raise UnknownName(kind, objective, profile.objectives)
    return profile


def _need_larger_target(profile: Profile, path: Path) -> None:
    """Raise ValueError for a target that is no larger than the ladder, whose laws are extrapolated to it.

    A profile that a notebook changes for one run may have such a ladder; a file may not.
    """
    ladder = [spec for spec in profile.all_models() if spec.role == "ladder"]
    largest = max(ladder, key=lambda spec: spec.config.parameters)
    sizes = [spec.config.parameters for spec in (profile.target, largest)]
    if sizes[0] <= sizes[1]:
        raise ValueError(
            f"profile {path} is not valid:\n  models.target: {profile.target.name} has {sizes[0]:,} parameters, no "
            f"more than {largest.name} of the ladder ({sizes[1]:,}), whose laws are extrapolated to it"
        )
