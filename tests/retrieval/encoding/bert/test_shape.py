"""What of a `config.json` is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.encoding.bert import BertShape, PackedBert
from retrieval.errors import EncoderError


def test_load_names_an_absent_configuration(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"cannot read '.*config.json' \(No such file"):
        PackedBert.load(tmp_path)


def test_load_names_a_broken_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"config.json' is not valid JSON"):
        PackedBert.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "roberta"}, "model_type is 'roberta', expected 'bert' or 'mpnet'"),
        ({"model_type": None}, "model_type is None, expected 'bert'"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
        ({"hidden_act": "swish"}, "hidden_act is 'swish', expected 'gelu' or"),
        ({"is_decoder": True}, "is_decoder is True, expected False"),
        ({"hidden_size": 0}, "hidden_size is 0, expected a positive integer"),
        ({"vocab_size": "many"}, "vocab_size is 'many', expected a positive integer"),
        ({"num_attention_heads": 5}, "hidden_size is 24 and num_attention_heads is 5"),
        ({"layer_norm_eps": 2}, "layer_norm_eps is 2, expected a number between 0 and 1"),
    ],
)
def test_shape_refuses_what_is_not_plain_bert(
    changes: dict[str, object], message: str, tiny: dict[str, object]
) -> None:
    with pytest.raises(EncoderError, match=message):
        BertShape.from_config({"model_type": "bert", **tiny, **changes})


def test_shape_of_mpnet_needs_no_types(tiny: dict[str, object]) -> None:
    del tiny["type_vocab_size"]
    shape = BertShape.from_config({"model_type": "mpnet", **tiny})
    assert (shape.types, shape.buckets, shape.max_length) == (0, 32, 62)
    with pytest.raises(EncoderError, match="type_vocab_size is None, expected a positive integer"):
        BertShape.from_config({"model_type": "bert", **tiny})


def test_shape_refuses_a_configuration_that_is_no_object() -> None:
    with pytest.raises(EncoderError, match="expected a JSON object, found list"):
        BertShape.from_config([])
