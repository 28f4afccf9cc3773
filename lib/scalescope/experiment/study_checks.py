"""What the studies of a profile ask of the rest of it: models, objectives, budgets with room, rows that are filled."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from scalescope.errors import check_name
from scalescope.experiment.sections import SHORTEST_ROW, check_batch, check_budgets

if TYPE_CHECKING:
    from scalescope.experiment.profile import Profile
    from scalescope.experiment.study_sections import AdaptSection, Lin2024Section, StudiesSection, Su2024Section


def check_studies(profile: Profile) -> None:
    """Raise ValueError for a part of the section "studies" that the rest of the profile does not allow, naming both."""
    parts = profile.studies
    if parts is None:
        return
    _check_names(profile, parts)
    if parts.barnett2024:
        check_budgets(profile.pretrain, parts.barnett2024.budgets, profile.text.sequence_length)
        _check_heldout(profile, "barnett2024", parts.barnett2024.adapt)
    if parts.lin2024:
        _check_zoo(profile, parts.lin2024)
        _check_heldout(profile, "lin2024", parts.lin2024.adapt)
    if part := parts.gadre2024:
        sizes = [profile.model(name).config.parameters for name in part.models]
        if sizes != sorted(sizes):
            raise ValueError(f"studies.gadre2024.models must grow in size, got {', '.join(part.models)}")
    if parts.su2024:
        _check_batch_sizes(profile, parts.su2024)


def _check_names(profile: Profile, parts: StudiesSection) -> None:
    with_dialects = [name for name in parts.names if getattr(getattr(parts, name), "dialects", None)]
    if with_dialects and profile.source.kind != "microworld":
        raise ValueError(
            f"studies.{with_dialects[0]} has dialects, which the source {profile.source.kind!r} does not have"
        )
    for name in parts.names:
        part = getattr(parts, name)
        for model in part.named_models:
            profile.model(model)
        for objective in part.objectives:
            check_name(f"objective in studies.{name}", objective, profile.objectives)


def _check_heldout(profile: Profile, paper: str, adapt: AdaptSection) -> None:
    if adapt.heldout_tokens < profile.text.sequence_length:
        raise ValueError(
            f"studies.{paper}.adapt.heldout_tokens={adapt.heldout_tokens} does not fill one row of "
            f"text.sequence_length={profile.text.sequence_length}"
        )


def _check_zoo(profile: Profile, part: Lin2024Section) -> None:
    """Members must differ in name, which tables tell them apart by, and in steps, which make a run."""
    named: dict[str, int] = {}
    for member in part.zoo:
        if member.name in named:
            raise ValueError(
                f"studies.lin2024.zoo has two members called {member.name!r}, of {named[member.name]} and "
                f"{member.tokens} tokens: tables tell them apart by name"
            )
        named[member.name] = member.tokens
    kinds = sorted((member.model, member.objective, member.text, member.tokens) for member in part.zoo)
    for _, own in groupby(kinds, key=lambda kind: kind[:3]):
        check_budgets(profile.pretrain, [tokens for *_, tokens in own], profile.text.sequence_length)


def _check_batch_sizes(profile: Profile, part: Su2024Section) -> None:
    """Each batch size must leave a step per evaluation, and half of a row must be a row."""
    length = profile.text.sequence_length
    if length < 2 * SHORTEST_ROW:
        raise ValueError(
            f"studies.su2024 has a variant of half the context, but text.sequence_length={length}; it must be "
            f"{2 * SHORTEST_ROW} at least"
        )
    for batch in (*part.batch_sizes, part.target_batch_size):
        check_batch(profile.text, batch, f"a batch size of {batch} in studies.su2024")
        steps = part.steps(batch, profile.pretrain.batch_size, length)
        if steps < part.evaluations:
            raise ValueError(
                f"studies.su2024: a run of batch size {batch} has {steps} steps, fewer than its {part.evaluations} "
                f"evaluations; give more tokens than {part.tokens}, or fewer evaluations"
            )
