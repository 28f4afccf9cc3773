from dataclasses import replace

import pandas as pd
import pytest
import torch

from scalescope import paths
from scalescope.model.config import EncoderConfig
from scalescope.model.encoder import Block, Encoder, layer_norm
from scalescope.model.heads import Head

SMALL = EncoderConfig(aspect_ratio=8, layers=2, heads=2, vocabulary_size=50, max_length=16)


def test_parameter_counts_equal_table_6_for_every_configuration():
    table = pd.read_csv(paths.published("ivgi2022") / "table6.csv")
    assert len(table) == 14
    for row in table.itertuples():
        config = EncoderConfig(row.aspect_ratio, row.layers, row.heads, vocabulary_size=8, max_length=8)
        with torch.device("meta"):  # the real weight matrices, without their memory
            encoder = torch.nn.Module()
            encoder.blocks = torch.nn.ModuleList(Block(config) for _ in range(config.layers))
        matrices = [part.weight for part in encoder.modules() if isinstance(part, torch.nn.Linear)]
        assert sum(matrix.numel() for matrix in matrices) == row.parameters == config.parameters


def test_padding_does_not_change_the_real_tokens():
    model = Encoder(SMALL, seed=1).eval()
    tokens = torch.randint(5, 50, (1, 7), generator=torch.Generator().manual_seed(0))
    padded = torch.cat([tokens, torch.zeros(1, 5, dtype=torch.long)], dim=1)
    alone = model(tokens)
    together = model(torch.cat([padded, torch.randint(5, 50, (1, 12))]), torch.tensor([7, 12]))
    torch.testing.assert_close(alone[0], together[0, :7], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("positions", ["relative", "absolute"])
@pytest.mark.parametrize("chosen", [None, [[0, 5], [6, 10]]])
def test_documents_packed_into_a_row_are_read_as_if_each_was_alone(chosen, positions):
    model = Encoder(replace(SMALL, positions=positions), seed=1).eval()
    tokens = torch.randint(5, 50, (2, 12), generator=torch.Generator().manual_seed(0))
    documents = torch.tensor([[1] * 5 + [2] * 4 + [0] * 3, [1] * 3 + [2] * 7 + [0] * 2], dtype=torch.uint8)
    at = None if chosen is None else torch.tensor(chosen)
    packed = model(tokens, at=at, documents=documents)
    for row in range(2):
        alone = torch.zeros(12, SMALL.hidden)
        for number in range(3):
            own = documents[row] == number
            alone[own] = model(tokens[row : row + 1, own])[0]
        torch.testing.assert_close(packed[row], alone if at is None else alone[at[row]], atol=1e-5, rtol=1e-5)


def test_positions_are_relative_and_every_head_starts_with_a_neighbour():
    model = Encoder(SMALL, seed=1).eval()
    tokens = torch.randint(5, 50, (1, 8), generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(model(tokens).flip(1), model(tokens.flip(1)), atol=1e-3), "order must matter"
    bias = model.blocks[0].distance_bias
    middle = bias.shape[1] // 2
    assert bias.argmax(dim=1).tolist() == [middle - 1, middle + 1]


def test_same_seed_same_weights_and_no_global_randomness():
    state = torch.random.get_rng_state()
    first, second, other = Encoder(SMALL, seed=3), Encoder(SMALL, seed=3), Encoder(SMALL, seed=4)
    Head("span", 16, 2, 0.0)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.token_embedding.weight, other.token_embedding.weight)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(torch.initial_seed() + 1)
    third = Encoder(SMALL, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), third.parameters(), strict=True))
    torch.random.set_rng_state(state)


def test_a_sequence_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="longer than max_length=16"):
        Encoder(SMALL, seed=0)(torch.zeros(1, 17, dtype=torch.long))


def test_states_at_some_positions_are_those_of_all_with_the_same_gradients():
    model = Encoder(SMALL, seed=1)
    tokens = torch.randint(5, 50, (3, 10), generator=torch.Generator().manual_seed(0))
    lengths, at = torch.tensor([10, 4, 8]), torch.tensor([[0, 9], [3, 3], [7, 1]])
    every = model(tokens, lengths)[torch.arange(3)[:, None], at]
    chosen = model(tokens, lengths, at)
    torch.testing.assert_close(chosen, every, atol=1e-5, rtol=1e-5)
    weights = list(model.blocks.parameters())
    for one, other in zip(*(torch.autograd.grad(h.sin().sum(), weights) for h in (chosen, every)), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_layer_norm_of_members_is_that_of_each():
    x, gain, bias = (torch.randn(shape) for shape in ((3, 2, 7, 8), (3, 8), (3, 8)))
    each = [layer_norm(*own) for own in zip(x, gain, bias, strict=True)]
    torch.testing.assert_close(layer_norm(x, gain, bias), torch.stack(each), atol=1e-5, rtol=1e-5)


def test_the_choices_of_the_configuration_are_what_the_encoder_is_made_of():
    def weights(**changes) -> dict[str, torch.Tensor]:
        return dict(Encoder(replace(SMALL, **changes), seed=3).named_parameters())

    usual = weights()
    assert weights(local_heads=0)["blocks.0.distance_bias"].abs().max() == 0
    assert (weights(local_heads=1)["blocks.0.distance_bias"].abs().amax(1) > 0).tolist() == [True, False]
    name = "token_embedding.weight"
    torch.testing.assert_close(weights(embedding_scale=0.02)[name], usual[name] / 5)
    name = "blocks.1.feed_out.weight"
    torch.testing.assert_close(weights(feed_scale=1.0)[name], usual[name] * 2)
    torch.testing.assert_close(weights(residual_exponent=0.5)[name], usual[name] * 2)  # 1 / 2 in place of 1 / 4
    absolute = weights(positions="absolute")
    assert set(usual) - set(absolute) == {"blocks.0.distance_bias", "blocks.1.distance_bias"}
    assert absolute["position_embedding.weight"].shape == (16, 16)
    tokens = torch.randint(5, 50, (1, 8), generator=torch.Generator().manual_seed(0))
    outputs = [
        Encoder(replace(SMALL, **changes), seed=3)(tokens)
        for changes in ({}, {"activation": "gelu"}, {"input_exponent": 0.0}, {"positions": "absolute"})
    ]
    assert not any(torch.allclose(one, outputs[0], atol=1e-3) for one in outputs[1:])
