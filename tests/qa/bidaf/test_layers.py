"""The layers of attention flow: by hand, by another formulation, and at the edges."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from qa.bidaf.layers import AttentionFlow, BiLstm, CharacterEncoder, Highway, masked_softmax
from qa.errors import ReaderError


def flow_by_hand(
    layer: AttentionFlow, h: list[list[float]], u: list[list[float]]
) -> tuple[list[list[float]], list[list[float]], list[float]]:
    """Compute section 2, layer 4, word by word, as the paper's text says it."""
    w_h = layer.of_passage.weight[0].tolist()
    w_u = layer.of_question.weight[0].tolist()
    w_hu = layer.of_product.tolist()
    size = len(w_h)

    def softmax(scores: list[float]) -> list[float]:
        powers = [math.exp(score) for score in scores]
        return [power / sum(powers) for power in powers]

    s = [
        [
            sum(w_h[i] * ht[i] + w_u[i] * uj[i] + w_hu[i] * ht[i] * uj[i] for i in range(size))
            for uj in u
        ]
        for ht in h
    ]
    a = [softmax(row) for row in s]
    b = softmax([max(row) for row in s])
    summary = [sum(b[t] * h[t][i] for t in range(len(h))) for i in range(size)]
    g = []
    for t, ht in enumerate(h):
        attended = [sum(a[t][j] * u[j][i] for j in range(len(u))) for i in range(size)]
        g.append(
            ht
            + attended
            + [x * y for x, y in zip(ht, attended, strict=True)]
            + [x * y for x, y in zip(ht, summary, strict=True)]
        )
    return g, a, b


def test_attention_flow_is_what_the_paper_says() -> None:
    torch.manual_seed(1)
    layer = AttentionFlow(4)
    h, u = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    real = torch.ones(1, 3, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool)
    g, a, b = layer(h, u, *real)
    by_hand = flow_by_hand(layer, h[0].tolist(), u[0].tolist())
    for got, expected in zip((g[0], a[0], b[0]), by_hand, strict=True):
        torch.testing.assert_close(got, torch.tensor(expected), atol=1e-5, rtol=1e-5)


def test_similarity_is_one_linear_layer_over_the_joined_states() -> None:
    torch.manual_seed(2)
    layer = AttentionFlow(6)
    h, u = torch.randn(2, 5, 6), torch.randn(2, 4, 6)
    # Equation 1 as written: w over [h; u; h ∘ u], with the tensor the layer avoids to make.
    pairs = h.unsqueeze(2).expand(2, 5, 4, 6), u.unsqueeze(1).expand(2, 5, 4, 6)
    joined = torch.cat([*pairs, pairs[0] * pairs[1]], dim=-1)
    weight = torch.cat([layer.of_passage.weight[0], layer.of_question.weight[0], layer.of_product])
    torch.testing.assert_close(layer.similarity(h, u), joined @ weight)


def test_attention_flow_never_looks_at_padding() -> None:
    torch.manual_seed(3)
    layer = AttentionFlow(4)
    h, u = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    alone = layer(h, u, torch.ones(1, 3, dtype=torch.bool), torch.ones(1, 2, dtype=torch.bool))
    wide_h = torch.cat([h, 100 * torch.randn(1, 2, 4)], dim=1)
    wide_u = torch.cat([u, 100 * torch.randn(1, 3, 4)], dim=1)
    masks = torch.tensor([[True] * 3 + [False] * 2]), torch.tensor([[True] * 2 + [False] * 3])
    g, a, b = layer(wide_h, wide_u, *masks)
    torch.testing.assert_close(g[:, :3], alone[0])
    torch.testing.assert_close(a[:, :3, :2], alone[1])
    assert not a[:, :, 2:].any()
    torch.testing.assert_close(b[:, :3], alone[2])
    assert not b[:, 3:].any()


def test_attention_flow_names_sizes_that_do_not_fit() -> None:
    with pytest.raises(ReaderError, match="question's states have 3 features, not 4"):
        AttentionFlow(4).similarity(torch.zeros(1, 2, 4), torch.zeros(1, 2, 3))


def test_masked_softmax_of_nothing_is_nothing() -> None:
    weights = masked_softmax(torch.randn(2, 3), torch.zeros(2, 3, dtype=torch.bool), dim=1)
    assert not weights.any()


def test_bilstm_reads_as_packed_sequences_do() -> None:
    torch.manual_seed(4)
    ours = BiLstm(3, 5)
    oracle = nn.LSTM(3, 5, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for name, parameter in ours.forwards.named_parameters():
            getattr(oracle, name).copy_(parameter)
        for name, parameter in ours.backwards.named_parameters():
            getattr(oracle, f"{name}_reverse").copy_(parameter)
    x, lengths = torch.randn(3, 6, 3), torch.tensor([6, 2, 4])
    mask = torch.arange(6)[None] < lengths[:, None]
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(oracle(packed)[0], batch_first=True)
    torch.testing.assert_close(ours(x, mask), expected)


def test_bilstm_names_sizes_that_do_not_fit() -> None:
    with pytest.raises(ReaderError, match=r"2 features\. Expected size = 3"):
        BiLstm(3, 5)(torch.zeros(1, 4, 2), torch.ones(1, 4, dtype=torch.bool))


def test_character_encoder_takes_the_strongest_place() -> None:
    torch.manual_seed(5)
    encoder = CharacterEncoder(n_characters=10, embedding=4, filters=6, width=2)
    characters = torch.tensor([[[1, 2, 3], [4, 5, 0]]])
    vectors = encoder(characters)
    assert vectors.shape == (1, 2, 6)
    embedded = encoder.embed(characters[0, 0])
    kernel, bias = encoder.convolve.weight, encoder.convolve.bias
    assert bias is not None
    places = [(kernel * embedded[at : at + 2].T).sum(dim=(1, 2)) + bias for at in range(2)]
    torch.testing.assert_close(vectors[0, 0], torch.relu(torch.stack(places).amax(dim=0)))


def test_character_encoder_never_feels_padding() -> None:
    torch.manual_seed(5)
    encoder = CharacterEncoder(n_characters=10, embedding=4, filters=6, width=3)
    words = torch.tensor([[[1, 2, 3, 4], [5, 6, 0, 0]]])
    wide = torch.cat([words, torch.zeros(1, 2, 5, dtype=torch.long)], dim=-1)
    torch.testing.assert_close(encoder(words), encoder(wide))


def test_character_encoder_refuses_words_narrower_than_its_filters() -> None:
    encoder = CharacterEncoder(n_characters=10, embedding=4, filters=6, width=5)
    with pytest.raises(ReaderError, match="3 characters are narrower than the filters' width 5"):
        encoder(torch.zeros(1, 1, 3, dtype=torch.long))


def test_highway_begins_by_carrying_its_input() -> None:
    torch.manual_seed(6)
    highway = Highway(8, n_layers=2)
    x = torch.randn(4, 8)
    for gate in highway.gates:
        nn.init.constant_(gate.bias, -50.0)  # type: ignore[arg-type]
        nn.init.zeros_(gate.weight)  # type: ignore[arg-type]
    torch.testing.assert_close(highway(x), x)
