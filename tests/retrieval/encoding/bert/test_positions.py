"""The bias of distances against the architecture's own code."""

from __future__ import annotations

import pytest
import torch

from retrieval.encoding.bert.positions import RelativeBias, distance_buckets


def test_distance_buckets_are_those_of_transformers() -> None:
    mpnet = pytest.importorskip("transformers.models.mpnet.modeling_mpnet")
    distances = torch.arange(-511, 512)
    expected = mpnet.MPNetEncoder.relative_position_bucket(distances, num_buckets=32)
    assert torch.equal(distance_buckets(distances, 32), expected)


def test_bias_is_looked_up_by_the_distance_of_a_column_from_its_row() -> None:
    weight = torch.randn(32, 3, generator=torch.Generator().manual_seed(0))
    bias = RelativeBias(weight, 200, torch.float32)(150)
    assert bias.shape == (3, 150, 150)
    for row, column in ((0, 0), (3, 9), (9, 3), (0, 149), (149, 0), (70, 5)):
        bucket = distance_buckets(torch.tensor(column - row), 32)
        assert torch.equal(bias[:, row, column], weight[bucket])
