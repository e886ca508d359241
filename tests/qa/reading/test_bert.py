"""The BERT reader: against transformers, against hostile text, against the clock."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.errors import ReaderError
from qa.reading.bert import BertReader
from qa.reading.settings import ReaderSettings, weights_digest
from qa.reading.windows import make_windows
from qa.types import Reader
from retrieval.types import Article, Passage

Cut = Callable[..., Passage]

TEXT = (
    "The help desk in Riverton opens at 8:30 on weekdays. On Saturdays it opens at 10:00 and "
    "closes at 14:00. Bring your badge, and the number of your ticket. "
)


@pytest.fixture(scope="module")
def reader(tiny_bert: Path) -> BertReader:
    return BertReader.load(tiny_bert, dtype="float32")


def passages_of(cut_passage: Cut, texts: list[str], title: str = "") -> list[Passage]:
    return [
        cut_passage(Article(f"a{number}", title, f"Lead-in. {text}"), start=9)
        for number, text in enumerate(texts)
    ]


def test_reader_obeys_the_protocol(reader: BertReader, tiny_bert: Path) -> None:
    assert isinstance(reader, Reader)
    assert reader.id == f"tiny@{weights_digest(tiny_bert)[:12]}"


def test_attentions_are_those_of_transformers(reader: BertReader, tiny_bert: Path) -> None:
    import torch
    from transformers import BertForQuestionAnswering

    model = BertForQuestionAnswering.from_pretrained(tiny_bert, attn_implementation="eager")
    (window,) = make_windows(
        reader.tokenizer, "When does it open?", TEXT, max_tokens=96, stride_tokens=24
    )
    with torch.inference_mode():
        output = model(
            input_ids=torch.tensor([window.input_ids]),
            token_type_ids=torch.tensor([window.type_ids]),
            output_attentions=True,
        )
    # (layers, heads, tokens, tokens)
    expected = torch.cat(output.attentions).numpy()
    found = reader.attentions(window)
    assert found.shape == expected.shape == (2, 2, len(window), len(window))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, atol=1e-5)


def test_read_scores_as_transformers_does(
    reader: BertReader, tiny_bert: Path, cut_passage: Cut
) -> None:
    import torch
    from transformers import BertForQuestionAnswering

    model = BertForQuestionAnswering.from_pretrained(tiny_bert)
    for passage in passages_of(cut_passage, [TEXT, "Short text.", TEXT * 4]):
        windows = make_windows(
            reader._tokenizer, "When does it open?", passage.text, max_tokens=96, stride_tokens=24
        )
        best, null = -np.inf, np.inf
        for window in windows:
            with torch.inference_mode():
                output = model(
                    input_ids=torch.tensor([window.input_ids]),
                    token_type_ids=torch.tensor([window.type_ids]),
                )
            starts, ends = output.start_logits[0].numpy(), output.end_logits[0].numpy()
            null = min(null, starts[0] + ends[0])
            for start in range(window.passage_start, window.passage_end):
                for end in range(start, min(start + 30, window.passage_end)):
                    if window.starts_here[start]:
                        best = max(best, starts[start] + ends[end])
        reading = reader.read("When does it open?", [passage])
        # float32 in another order of operations.
        assert reading.candidates[0].score == pytest.approx(best, abs=1e-3)
        assert reading.null_score == pytest.approx(null, abs=1e-3)


def test_read_together_is_as_read_alone(reader: BertReader, cut_passage: Cut) -> None:
    passages = passages_of(cut_passage, [TEXT, "Word.", TEXT * 5, "Opening hours: 9 to 5."])
    together = reader.read("When?", passages)
    alone = [reader.read("When?", [passage]) for passage in passages]
    merged = sorted(
        (candidate for reading in alone for candidate in reading.candidates),
        key=lambda candidate: -candidate.margin,
    )
    assert [(c.passage.id, c.start, c.end) for c in together.candidates] == [
        (c.passage.id, c.start, c.end) for c in merged
    ]
    np.testing.assert_allclose(
        [c.score for c in together.candidates], [c.score for c in merged], atol=1e-3
    )


def test_read_sees_title_and_headings_and_never_quotes_them(
    reader: BertReader, cut_passage: Cut
) -> None:
    (bare,) = passages_of(cut_passage, [TEXT])
    (led,) = passages_of(cut_passage, [TEXT], title="Riverton riddles " * 50)
    led = replace(led, headings=("Opening hours", "On Sundays"))
    one, other = reader.read("When?", [bare]), reader.read("When?", [led])
    assert one.null_score != other.null_score
    for candidate in other.candidates:
        assert led.start <= candidate.start < candidate.end <= led.end


def test_read_sees_a_tables_header_and_never_quotes_it(
    reader: BertReader, cut_passage: Cut
) -> None:
    (bare,) = passages_of(cut_passage, ["| Riverton | 9 to 5 |"], title="Hours " * 60)
    led = replace(bare, table_header="| Town | Open |")
    one, other = reader.read("When?", [bare]), reader.read("When?", [led])
    assert one.null_score != other.null_score
    for candidate in other.candidates:
        assert led.start <= candidate.start < candidate.end <= led.end


def test_read_orders_by_margin_and_names_the_best_null_score(
    reader: BertReader, cut_passage: Cut
) -> None:
    reading = reader.read("When?", passages_of(cut_passage, [TEXT, TEXT[::-1], TEXT * 3]))
    margins = [candidate.margin for candidate in reading.candidates]
    assert margins == sorted(margins, reverse=True)
    assert reading.null_score == reading.candidates[0].null_score
    assert reading.unread == ()


@pytest.mark.parametrize("question", ["", "   ", "\x00", "\u200b"])
def test_read_without_a_question_proposes_nothing(
    reader: BertReader, cut_passage: Cut, question: str
) -> None:
    assert reader.read(question, passages_of(cut_passage, [TEXT])).candidates == ()


def test_read_without_passages_proposes_nothing(reader: BertReader) -> None:
    assert reader.read("When?", []).candidates == ()


def test_read_takes_a_question_of_ten_thousand_words(reader: BertReader, cut_passage: Cut) -> None:
    reading = reader.read("when does it open " * 2500, passages_of(cut_passage, [TEXT]))
    assert reading.candidates


def test_read_takes_a_passage_without_a_token(reader: BertReader, cut_passage: Cut) -> None:
    passages = passages_of(cut_passage, ["\u200b\u200b", TEXT])
    reading = reader.read("When?", passages)
    assert {candidate.passage.id for candidate in reading.candidates} == {passages[1].id}


def test_read_never_quotes_an_endless_token(reader: BertReader, cut_passage: Cut) -> None:
    passages = passages_of(cut_passage, ["x" * 100_000])
    assert reader.read("When?", passages).candidates == ()


def test_read_stops_at_a_deadline_and_names_what_is_left(
    reader: BertReader, cut_passage: Cut
) -> None:
    passages = passages_of(cut_passage, [TEXT] * 6)
    reading = reader.read("When?", passages, deadline_s=time.monotonic() - 1)
    assert reading.candidates == ()
    assert reading.unread == tuple(passage.id for passage in passages)


def test_read_within_a_deadline_reads_from_the_front(reader: BertReader, cut_passage: Cut) -> None:
    passages = passages_of(cut_passage, [TEXT * 5] * 400)
    reader.read("When?", passages[:2])
    began = time.monotonic()
    reading = reader.read("When?", passages, deadline_s=began + 0.05)
    n_read = len(passages) - len(reading.unread)
    assert reading.unread == tuple(passage.id for passage in passages[n_read:])
    seen = {candidate.passage.id for candidate in reading.candidates}
    assert seen <= {passage.id for passage in passages[:n_read]}
    assert reading.unread


HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            [
                "e\u0301",
                "\u0301",
                "\r\n",
                "\u200d",
                "\u200f",
                "\U0001f469",
                "\ufe0f",
                "a b, c. (",
                ")",
            ]
        ),
    ),
    max_size=20,
).map("".join)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=HOSTILE, lead=HOSTILE)
def test_candidates_are_whole_slices_of_their_passage(
    reader: BertReader, cut_passage: Cut, body: str, lead: str
) -> None:
    import regex

    article = Article("a", "Title", lead + body)
    passage = cut_passage(article, start=len(lead))
    for candidate in reader.read("What is it?", [passage]).candidates:
        assert passage.start <= candidate.start < candidate.end <= passage.end
        assert candidate.text == article.body[candidate.start : candidate.end]
        assert candidate.text == candidate.text.strip()
        edges = {at for m in regex.finditer(r"\X", passage.text) for at in m.span()}
        assert candidate.start - passage.start in edges
        assert candidate.end - passage.start in edges


def test_load_without_settings_takes_the_defaults(
    save_bert: Callable[..., Path], tmp_path: Path
) -> None:
    folder = save_bert(tmp_path / "mine")
    (folder / "reader.json").unlink()
    assert ReaderSettings.load(folder) == ReaderSettings(name="mine")
    # The tiny encoder has fewer positions than the default window.
    with pytest.raises(ReaderError, match=r"max_tokens is 384, but the encoder has 128 positions"):
        BertReader.load(folder)


@pytest.mark.parametrize(
    ("settings_text", "message"),
    [
        ("{", "Can't read the reader's settings"),
        ("[]", "aren't of format 1"),
        (json.dumps({"format": 2}), "aren't of format 1"),
        (json.dumps({"format": 1, "max_tokens": "many"}), "max_tokens is 'many'"),
        (json.dumps({"format": 1, "null_threshold": True}), "null_threshold is True"),
    ],
)
def test_load_refuses_settings(tmp_path: Path, settings_text: str, message: str) -> None:
    (tmp_path / "reader.json").write_text(settings_text, encoding="utf-8")
    with pytest.raises(ReaderError, match=message):
        ReaderSettings.load(tmp_path)


def test_load_refuses_an_encoder_without_a_span_head(
    save_bert: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(ReaderError, match=r"no qa_outputs\.weight and qa_outputs\.bias"):
        BertReader.load(save_bert(tmp_path, head=False))


def test_load_refuses_a_head_of_another_shape(
    save_bert: Callable[..., Path], tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = save_bert(tmp_path)
    tensors = load_file(folder / "model.safetensors")
    tensors["qa_outputs.weight"] = torch.zeros(3, 16)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ReaderError, match=r"shapes \(3, 16\) and \(2,\)"):
        BertReader.load(folder)


def test_load_refuses_missing_weights(save_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder = save_bert(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ReaderError, match=r"can't be loaded"):
        BertReader.load(folder)


def test_digest_changes_with_the_settings(save_bert: Callable[..., Path], tmp_path: Path) -> None:
    folder = save_bert(tmp_path)
    before = weights_digest(folder)
    (folder / "reader.json").write_text('{"format": 1, "null_threshold": 2.5}', encoding="utf-8")
    assert weights_digest(folder) != before
    (folder / "calibration.json").write_text("{}", encoding="utf-8")
    assert weights_digest(folder) == weights_digest(folder)
