from dataclasses import fields, replace

import pytest

from scalescope.errors import UnknownName
from scalescope.model.config import EncoderConfig
from scalescope.training.initial import InitialConfig

SMALL = EncoderConfig(aspect_ratio=8, layers=2, heads=2, vocabulary_size=50, max_length=16)


def test_bad_shapes_are_refused_with_the_nearest_valid_choice():
    with pytest.raises(ValueError, match=r"heads=4 do not divide hidden=18.*is 3"):
        EncoderConfig(9, 2, 4, 50, 16)
    with pytest.raises(ValueError, match="layers must be a positive whole number, got -1"):
        EncoderConfig(16, -1, 4, 50, 16)
    with pytest.raises(UnknownName, match="unknown activation 'gelo'; did you mean 'gelu'"):
        replace(SMALL, activation="gelo")
    with pytest.raises(UnknownName, match="unknown positions 'absolut'; did you mean 'absolute'"):
        replace(SMALL, positions="absolut")
    with pytest.raises(ValueError, match="local_heads must be a whole number from 0 on, got -1"):
        replace(SMALL, local_heads=-1)


def test_choices_at_their_defaults_are_not_in_run_ids():
    names = ["aspect_ratio", "layers", "heads", "vocabulary_size", "max_length", "dropout", "architecture"]
    facts = SMALL.facts()
    assert facts == {name: getattr(SMALL, name) for name in names} and EncoderConfig(**facts) == SMALL
    assert InitialConfig(SMALL, seed=0).id == "pretrain-scratch-ar8-l2-f1d77db0b6"


@pytest.mark.parametrize("name", [each.name for each in fields(EncoderConfig)][7:])
def test_every_other_choice_is_another_run_and_can_be_read_back(name):
    other = {"activation": "gelu", "positions": "absolute", "local_heads": 0}.get(name, 0.25)
    config = replace(SMALL, **{name: other})
    assert config.facts() == {**SMALL.facts(), name: other} and EncoderConfig(**config.facts()) == config
    assert InitialConfig(config, seed=0).id != InitialConfig(SMALL, seed=0).id
