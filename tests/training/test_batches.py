import numpy as np
import pytest
import torch
from training.toys import make_task

from scalescope.training.batches import evaluation_batches, steps_per_epoch, training_batches

CPU = torch.device("cpu")


def rows_of(batches, member: int) -> list[np.ndarray]:
    return [batch.index[member, : batch.real] for batch in batches]


@pytest.mark.parametrize("name", ["mnli", "race"])
def test_every_member_sees_every_example_once_and_groups_stay_together(name):
    features = make_task(name).train
    for batches in (training_batches(features, 13, 1, [3, 4], CPU), evaluation_batches(features, 13, CPU)):
        batches = list(batches)
        assert len(batches) == steps_per_epoch(features, 13)
        assert len({batch.index.shape for batch in batches}) == 1
        for member in range(len(batches[0].index)):
            rows = rows_of(batches, member)
            assert sorted(np.concatenate(rows)) == list(range(features.n_features))
            for index in rows:
                groups = index.reshape(-1, features.group)
                assert (np.diff(groups, axis=1) == 1).all() and (groups[:, 0] % features.group == 0).all()


def test_tokens_are_those_of_the_rows_with_padding_behind():
    features = make_task("mnli").train
    for batch in training_batches(features, 12, 2, [0, 1], CPU):
        for member in (0, 1):
            wanted = features.padded(batch.index[member], batch.tokens.shape[2])
            np.testing.assert_array_equal(batch.tokens[member].numpy(), wanted)
            np.testing.assert_array_equal(batch.lengths[member].numpy(), features.lengths[batch.index[member]])


def test_a_member_gets_the_same_batches_alone_and_in_company_and_others_at_another_seed_or_epoch():
    features = make_task("race").train
    alone, company = (list(training_batches(features, 12, 1, seeds, CPU)) for seeds in ([5], [2, 5, 9]))
    for one, many in zip(alone, company, strict=True):
        assert one.real == many.real and torch.equal(one.tokens[0], many.tokens[1])
        assert torch.equal(one.lengths[0], many.lengths[1])
    assert any(not np.array_equal(batch.index[0], batch.index[1]) for batch in company)
    later = list(training_batches(features, 12, 2, [5], CPU))
    assert any(not np.array_equal(a.index, b.index) for a, b in zip(alone, later, strict=True))


def test_little_of_a_training_batch_is_padding():
    features = make_task("mnli").train
    padded = sum(batch.tokens.numel() for batch in training_batches(features, 12, 1, [0], CPU))
    assert padded / len(features.tokens) < 1.15
