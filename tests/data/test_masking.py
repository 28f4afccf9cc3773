"""Masking: the share, what stands in a hidden place, whole units, the seed."""

import numpy as np
import pytest

from scalescope.data.masking import Masked, Masker
from scalescope.data.tokenizer import CLS, MASK, PAD, SEP
from scalescope.errors import UnknownName

VOCABULARY = 500


@pytest.fixture(scope="module")
def tokens():
    rng = np.random.default_rng(1)
    tokens = rng.integers(5, VOCABULARY, size=(400, 64)).astype(np.uint16)
    tokens[:, 0] = CLS
    tokens[rng.random(tokens.shape) < 0.03] = SEP
    tokens[:, 60:] = PAD
    return tokens


@pytest.fixture(scope="module")
def units(tokens):
    """Units of one to six tokens; special tokens need no flag of their own."""
    return np.random.default_rng(2).random(tokens.shape) < 0.4


def unit_numbers(tokens, units):
    special = tokens < 5
    begins = units | special
    begins[:, 0] = True
    begins[:, 1:] |= special[:, :-1]
    return np.cumsum(begins.ravel()) - 1


@pytest.mark.parametrize("objective", ["mlm", "pmi"])
def test_a_batch_of_which_nothing_is_drawn_hides_one_token_or_unit(tokens, units, objective):
    masker, hidden = Masker(objective, VOCABULARY, rate=0.001), []
    for row in range(200):
        masked = masker.mask(tokens[row : row + 1], units[row : row + 1], np.random.default_rng(row))
        numbers = unit_numbers(tokens[row : row + 1], units[row : row + 1])
        hidden.append(len(masked.positions))
        assert hidden[-1] and (masked.labels >= 5).all()
        if objective == "pmi":
            assert (
                len(set(numbers[masked.positions])) == 1
                and (numbers == numbers[masked.positions[0]]).sum() == hidden[-1]
            )
    assert np.mean(np.array(hidden) == 1) > (0.95 if objective == "mlm" else 0.2)
    assert not len(masker.mask(np.full((2, 8), PAD, np.uint16), np.ones((2, 8), bool), np.random.default_rng(0)).labels)


@pytest.mark.parametrize("objective", ["mlm", "pmi"])
def test_share_and_places(tokens, units, objective):
    rng = np.random.default_rng(3)
    masker = Masker(objective, VOCABULARY)
    hidden = [masker.mask(tokens, units, rng) for _ in range(20)]
    usable = (tokens >= 5).sum()
    share = np.mean([len(masked.positions) for masked in hidden]) / usable
    assert share == pytest.approx(0.15, abs=0.001)
    for masked in hidden:
        assert masked.inputs.shape == tokens.shape
        assert masked.inputs.dtype == masked.positions.dtype == masked.labels.dtype == np.int64
        assert np.array_equal(masked.labels, tokens.ravel()[masked.positions])
        assert (masked.labels >= 5).all()
        untouched = np.ones(tokens.size, dtype=bool)
        untouched[masked.positions] = False
        assert np.array_equal(masked.inputs.ravel()[untouched], tokens.ravel()[untouched])


@pytest.mark.parametrize("objective", ["mlm", "pmi"])
def test_eighty_ten_ten(tokens, units, objective):
    rng = np.random.default_rng(4)
    masker = Masker(objective, VOCABULARY)
    hidden = [masker.mask(tokens, units, rng) for _ in range(20)]
    shown = np.concatenate([masked.inputs.ravel()[masked.positions] for masked in hidden])
    labels = np.concatenate([masked.labels for masked in hidden])
    assert np.mean(shown == MASK) == pytest.approx(0.8, abs=0.01)
    assert np.mean(shown == labels) == pytest.approx(0.1 + 0.1 / 495, abs=0.01)
    random = shown[(shown != MASK) & (shown != labels)]
    assert random.min() >= 5
    assert random.max() < VOCABULARY
    assert len(np.unique(random)) > 400


def test_units_are_hidden_whole(tokens, units):
    number = unit_numbers(tokens, units)
    sizes = np.bincount(number)
    rng = np.random.default_rng(5)
    for _ in range(5):
        masked = Masker("pmi", VOCABULARY).mask(tokens, units, rng)
        hit, times = np.unique(number[masked.positions], return_counts=True)
        assert np.array_equal(times, sizes[hit])


def test_units_of_every_length_are_hidden_as_often(tokens, units):
    """Inclusion near the rate for each length: the crossing rule does not shun long units."""
    number = unit_numbers(tokens, units)
    sizes = np.bincount(number)
    usable = np.flatnonzero(tokens.ravel()[np.unique(number, return_index=True)[1]] >= 5)
    rng = np.random.default_rng(6)
    times = np.zeros(len(sizes))
    for _ in range(60):
        masked = Masker("pmi", VOCABULARY).mask(tokens, units, rng)
        times[np.unique(number[masked.positions])] += 1
    for size in (1, 2, 4):
        share = times[usable][sizes[usable] == size].mean() / 60
        assert share == pytest.approx(0.15, abs=0.02)


def test_a_special_token_ends_a_unit():
    """What follows [SEP] is hidden as often as anything else, flagged as a beginning or not."""
    tokens = np.tile(np.array([CLS, 9, 8, SEP, 7, 6, SEP, 5], dtype=np.uint16), (3000, 1))
    units = np.zeros_like(tokens, dtype=bool)
    places = Masker("pmi", 50, rate=0.3).mask(tokens, units, np.random.default_rng(0)).positions % 8
    assert np.bincount(places, minlength=8)[[1, 2, 4, 5, 7]] / 3000 == pytest.approx(0.3, abs=0.05)


def test_every_row_gets_its_share(tokens):
    rows = Masker("mlm", VOCABULARY).mask(tokens, None, np.random.default_rng(7)).positions // 64
    wanted = 0.15 * (tokens >= 5).sum(axis=1)
    assert (np.abs(np.bincount(rows, minlength=400) - wanted) < 1).all()


@pytest.mark.parametrize("objective", ["mlm", "pmi"])
def test_seed_decides(tokens, units, objective):
    first, again, other = (
        Masker(objective, VOCABULARY).mask(tokens, units, np.random.default_rng(seed)) for seed in (8, 8, 9)
    )
    assert np.array_equal(first.inputs, again.inputs)
    assert not np.array_equal(first.positions, other.positions)


@pytest.mark.parametrize("objective", ["mlm", "pmi"])
def test_rows_without_text(objective):
    tokens = np.array([[CLS, SEP, PAD, PAD], [CLS, 9, 8, SEP]], dtype=np.uint16)
    units = np.ones_like(tokens, dtype=bool)
    rng = np.random.default_rng(0)
    places = np.concatenate([Masker(objective, 50, rate=0.5).mask(tokens, units, rng).positions for _ in range(30)])
    assert set(places.tolist()) == {5, 6}


def test_refusals(tokens, units):
    with pytest.raises(UnknownName, match="did you mean 'mlm'"):
        Masker("mml", VOCABULARY)
    with pytest.raises(ValueError, match=r"rate 1\.5"):
        Masker("mlm", VOCABULARY, rate=1.5)
    with pytest.raises(ValueError, match="vocabulary_size 5"):
        Masker("mlm", 5)
    with pytest.raises(ValueError, match="unit_starts"):
        Masker("pmi", VOCABULARY).mask(tokens, None, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"got \(2, 64\)"):
        Masker("pmi", VOCABULARY).mask(tokens, units[:2], np.random.default_rng(0))


def test_masked_positions_as_a_rectangle_are_the_same_positions():
    tokens = np.full((5, 9), 7, np.uint16)
    masked = Masked(tokens.astype(np.int64), np.array([1, 8, 9, 20, 21, 22, 44]), np.full(7, 7))
    at, taken = masked.by_row()
    assert at.shape == (5, 3)
    assert np.array_equal((at + 9 * np.arange(5)[:, None]).reshape(-1)[taken], masked.positions)
