"""A finished run on another text: measured as its own held-out loss is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from training.toys import make_config, make_corpus

from scalescope.training.other_text import loss_on


def test_on_its_own_text_a_run_has_the_loss_that_was_recorded(pretrained):
    assert loss_on(pretrained, make_config(), make_corpus(32, 1)) == pretrained.manifest["summary"]["loss"]


def test_a_text_that_it_does_not_know_costs_more(pretrained):
    text = make_corpus(32, 1)
    shuffled = np.random.default_rng(0).permuted(text.tokens, axis=1)
    assert (
        loss_on(pretrained, make_config(), replace(text, tokens=shuffled))
        > 1.2 * pretrained.manifest["summary"]["loss"]
    )


def test_a_text_in_other_pieces_is_refused(pretrained):
    with pytest.raises(ValueError, match="knows 40 pieces, the text has 41"):
        loss_on(pretrained, make_config(), replace(make_corpus(32, 1), vocabulary_size=41))
