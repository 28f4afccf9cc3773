"""Profiles: what to run. A YAML file, validated key by key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scalescope import files, paths
from scalescope.encoder import EncoderConfig
from scalescope.schema import UnknownName, nearest
from scalescope.tasks.spec import TASKS
from scalescope.training.data import DataSettings, of_task

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]
PerTask = Count | dict[str, Count]  # one number, or a number a task with "default" for the others
Rows = PerTask | None  # a limit, or none


class Section(BaseModel):
    """A part of a profile: unknown keys are refused, values are never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class SourceSection(Section):
    """Where text and rows come from; `options` go to the source (seed and sizes of the microworld)."""

    kind: Literal["microworld", "files", "hub"]
    folder: str | None = None
    options: dict[str, int | float | str] = {}


class TextSection(Section):
    """Tokenizer and corpus. Tokens count pieces; sequence_length includes [CLS]."""

    vocabulary_size: Count
    sequence_length: Annotated[int, Field(ge=16)]
    train_tokens: Count
    heldout_tokens: Count


class LadderSection(Section):
    """Models of one aspect ratio."""

    aspect_ratio: Count
    layers: list[Count]
    heads: Count


class ModelsSection(Section):
    """The ladder that laws are fitted to, the held-out target, and perhaps a second aspect ratio."""

    ladder: LadderSection
    second: LadderSection | None = None
    target: LadderSection

    @model_validator(mode="after")
    def _one_target(self) -> ModelsSection:
        if len(self.target.layers) != 1:
            raise ValueError(f"target.layers must name one model, got {self.target.layers}")
        return self


class PretrainSection(Section):
    """Pretraining settings, the same at every size (Ivgi 2022, section 3.1). Steps count batches."""

    batch_size: Count
    steps: Count
    learning_rate: Rate
    warmup_steps: Count
    schedule: Literal["linear", "wsd", "constant"]
    decay_fraction: Share = 0.2
    weight_decay: Share
    dropout: Share
    mask_rate: Rate = 0.15
    eval_every: Count
    eval_sequences: Count
    patience: Count
    target_patience: Count | None = None  # the paper waits longer for BERT-Base
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    seed: Annotated[int, Field(ge=0)] = 0


class FinetuneSection(Section):
    """Finetuning settings. The number of epochs is tuned by evaluating each."""

    max_length: Annotated[int, Field(ge=16)]
    stride: Count
    batch_size: PerTask
    epochs: Count
    learning_rates: Annotated[list[Rate], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    warmup_fraction: Share
    dropout: Share
    weight_decay: Share
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    train_rows: Rows = None
    eval_rows: Rows = None
    roles: list[Literal["ladder", "second", "target"]] = ["ladder", "target"]  # as in the paper's figure 3
    fixed_rate_objectives: list[Literal["mlm", "pmi"]] = ["mlm"]  # as in the paper's figure 4


@dataclass(frozen=True)
class ModelSpec:
    """One model of a profile: its name ("ar16-l2"), role ("ladder", "second", "target") and shape."""

    name: str
    role: str
    config: EncoderConfig


class Profile(Section):
    """Everything one pipeline run needs to know."""

    name: str
    title: str
    source: SourceSection
    text: TextSection
    models: ModelsSection
    objectives: Annotated[list[Literal["mlm", "pmi"]], Field(min_length=1)]
    pretrain: PretrainSection
    tasks: Annotated[list[str], Field(min_length=1)]
    finetune: FinetuneSection

    @model_validator(mode="after")
    def _consistent(self) -> Profile:
        settings = self.finetune
        limits = [n for n in (settings.train_rows, settings.eval_rows, settings.batch_size) if isinstance(n, dict)]
        for task in (*self.tasks, *(name for rows in limits for name in rows if name != "default")):
            if task not in TASKS:
                raise UnknownName("task", task, TASKS)
        without = [task for task in self.tasks if of_task(settings.batch_size, task) is None]
        if without:
            raise ValueError(f"finetune.batch_size has neither {without[0]!r} nor 'default'")
        if self.finetune.max_length > self.text.sequence_length:
            raise ValueError(
                f"finetune.max_length={self.finetune.max_length} exceeds text.sequence_length="
                f"{self.text.sequence_length}: the encoder has no position embeddings beyond it"
            )
        names = [spec.name for spec in self.all_models()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"models listed twice: {', '.join(twice)}")
        return self

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
        if name not in specs:
            raise UnknownName("model", name, specs)
        return specs[name]

    @property
    def target(self) -> ModelSpec:
        """The held-out larger model."""
        return next(spec for spec in self.all_models() if spec.role == "target")

    def data_settings(self) -> DataSettings:
        """What determines the encoded corpus and tasks."""
        return DataSettings(
            kind=self.source.kind,
            folder=self.source.folder,
            options=dict(self.source.options),
            max_length=self.finetune.max_length,
            stride=self.finetune.stride,
            train_rows=self.finetune.train_rows,
            eval_rows=self.finetune.eval_rows,
            **self.text.model_dump(),
        )


def available_profiles() -> list[str]:
    """Names of the profiles in profiles/."""
    return sorted(path.stem for path in paths.profile_file("x").parent.glob("*.yaml"))


def load_profile(name: str | Path, data: str | None = None) -> Profile:
    """Read and validate a profile by name or path.

    data: folder with corpus/ and tasks/ that replaces the profile's source (same as DATA= of make); a profile
    of another source is then called "<name>-files", so that its tables do not mix. A path that ends in .json is the
    record of a profile in use (see record.py), whose data are its own.
    Raises UnknownName for a name that does not exist and ValueError naming each bad key, its value and the
    nearest valid key.
    """
    if str(name).endswith(".json"):
        return _recorded(Path(name))
    path = Path(name) if str(name).endswith((".yaml", ".yml")) else paths.profile_file(str(name))
    if not path.is_file():
        raise UnknownName("profile", str(name), available_profiles())
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"profile {path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"profile {path} must be a mapping of sections, got {type(content).__name__}")
    if data:
        if (content.get("source") or {}).get("kind") != "files":  # other data: other tables and figures
            content["name"] = f"{content.get('name')}-files"
        content["source"] = {"kind": "files", "folder": str(data)}
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        raise ValueError(_explain(path, error)) from None


def _recorded(path: Path) -> Profile:
    """The profile in a profile.json, with the data it was started with."""
    if not path.is_file():
        raise ValueError(f"no profile in use at {path}: `scalescope reproduce` writes it")
    return Profile.model_validate(files.read_record(path)["profile"])


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"profile {path} is not valid:"]
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"]) or "profile"
        text = f"{fault['msg']}, got {fault['input']!r}" if fault["loc"] else fault["msg"]
        if fault["type"] == "extra_forbidden":
            text = f"unknown key; did you mean {nearest(fault['loc'][-1], _valid_keys(fault['loc'][:-1]))!r}?"
        lines.append(f"  {where}: {text}")
    return "\n".join(lines)


def _valid_keys(location: tuple) -> list[str]:
    section: type[BaseModel] = Profile
    for part in location:
        section = section.model_fields[str(part)].annotation
    return list(section.model_fields)
