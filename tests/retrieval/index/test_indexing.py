"""Bringing an index up to date: what changes, what is reused, what stops a run."""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.engines.local import RETRIEVERS, open_index
from retrieval.errors import (
    ArticleError,
    ConfirmationNeeded,
    EncoderError,
    IndexingError,
    IndexLocked,
    SourceError,
    StoreError,
)
from retrieval.index.generation import Generation
from retrieval.index.indexing import IndexOptions, IndexReport, bring_up_to_date
from retrieval.index.store import IndexStore
from retrieval.passages.chunking import ChunkSettings
from retrieval.search.fusion import Fusion
from retrieval.system.durable import files_under
from retrieval.types import Article, Matrix, TokenEncoder

YES = IndexOptions(yes=True)


class OtherEncoder:
    """Like the fake encoder it wraps, under another name."""

    def __init__(self, encoder: Any, encoder_id: str = "other@1", dim: int = 32) -> None:
        self._encoder = encoder
        self.id = encoder_id
        self.dim = dim

    def encode_queries(self, texts: Any) -> Matrix:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Any) -> Matrix:
        vectors: Matrix = -self._encoder.encode_passages(texts)
        return vectors

    def token_starts(self, text: str) -> Any:
        return self._encoder.token_starts(text)


def articles_of(kb: Path) -> dict[str, Article]:
    generation = IndexStore(kb).open()
    return {name: generation.article(row) for row, name in enumerate(generation.ids)}


def parts_of(kb: Path) -> dict[str, str]:
    """Return the hash of every part but the record of files, which tells of the run."""
    return {name: part.sha256 for name, part in IndexStore(kb).open().manifest.parts.items()}


def index(source: Path, kb: Path, encoder: Any, **options: Any) -> IndexReport:
    return bring_up_to_date([source], kb, IndexOptions(**options), encoder=encoder)


def numbered(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:02}.md").write_text(
            f"# Number {number}\n\nThis is {number}.\n", "utf-8"
        )
    return folder


class TestFirstRun:
    """Building from nothing."""

    def test_every_article_is_in_with_its_metadata(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        report = index(source, kb, fake_encoder)
        assert report.built
        assert report.generation == "000001"
        assert sorted(report.added) == [
            "it/printers.md",
            "it/wifi.md",
            "leave",
            "lunch",
            "salary",
            "vpn",
        ]
        found = articles_of(kb)
        assert found["leave"].audience == ("staff",)
        assert found["vpn"].title == "Connect to the VPN"
        assert found["lunch"].body == "Soup is served at noon.\nBread is free."
        assert found["it/wifi.md"].source == str(source.resolve())
        assert found["it/wifi.md"].path == "it/wifi.md"
        manifest = IndexStore(kb).open().manifest
        assert manifest.formats == {"jsonl": 3, "markdown": 3}
        assert manifest.articles == {name: found[name].sha256 for name in sorted(found)}
        assert report.passages == manifest.passages == report.encoded

    def test_every_passage_is_the_slice_it_claims(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        found, engine = articles_of(kb), open_index(kb, encoder=fake_encoder)
        passages = engine.passages(roles=frozenset({"staff", "hr"}), limit=99).items
        assert len(passages) == engine.manifest.passages
        for passage in passages:
            body = found[passage.article_id].body
            assert passage.text == body[passage.start : passage.end] != ""
            assert passage.title == found[passage.article_id].title
        headings = {p.headings for p in passages if p.article_id == "vpn"}
        assert headings & {("Mac",), ("Windows",), ()}

    def test_a_split_tables_header_comes_back_with_its_other_parts(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        rows = "\n".join(f"| Größe {n} | {n} € je Stück, ohne Versand |" for n in range(60))
        (source / "prices.md").write_text(f"Prëise.\n\n| Größe | Preis |\n|---|---|\n{rows}\n")
        index(source, kb, fake_encoder)
        engine = open_index(kb, encoder=fake_encoder)
        passages = engine.passages(article_id="prices.md").items
        first, *others = [p for p in passages if p.article_id == "prices.md"]
        assert first.table_header == ""
        assert {passage.table_header for passage in others} == {"| Größe | Preis |"}

    def test_vectors_are_those_of_the_passages(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        from retrieval.encoding.encoder import embedding_text

        index(source, kb, fake_encoder)
        generation = IndexStore(kb).open()
        texts = [embedding_text(passage) for passage in generation.passages]
        np.testing.assert_array_equal(generation.vectors, fake_encoder.encode_passages(texts))

    def test_missing_source_leaves_nothing_behind(
        self, tmp_path: Path, kb: Path, fake_encoder: Any
    ) -> None:
        with pytest.raises(SourceError, match="nowhere"):
            index(tmp_path / "nowhere", kb, fake_encoder)
        assert not kb.exists()

    def test_empty_source_is_an_error(self, tmp_path: Path, kb: Path, fake_encoder: Any) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(SourceError, match="holds nothing"):
            index(tmp_path / "empty", kb, fake_encoder)
        with pytest.raises(IndexingError, match=r"(?s)nothing to index.*holds nothing"):
            index(tmp_path / "empty", kb, fake_encoder, yes=True)
        with pytest.raises(StoreError, match="holds no finished index yet"):
            IndexStore(kb).open()

    def test_no_source_is_an_error(self, kb: Path) -> None:
        with pytest.raises(IndexingError, match="no source was given"):
            bring_up_to_date([], kb)

    def test_only_broken_files_are_named(self, tmp_path: Path, kb: Path, fake_encoder: Any) -> None:
        folder = tmp_path / "broken"
        folder.mkdir()
        (folder / "a.md").write_bytes(b"caf\xe9 \xff")
        with pytest.raises(IndexingError, match=r"(?s)nothing to index.*a\.md"):
            index(folder, kb, fake_encoder)

    def test_source_inside_the_knowledge_base_is_refused(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        with pytest.raises(SourceError, match="lies in the knowledge base"):
            index(kb / "generations", kb, fake_encoder)

    def test_knowledge_base_inside_the_source_is_not_read(
        self, source: Path, fake_encoder: Any
    ) -> None:
        kb = source / "build" / "kb"
        first = index(source, kb, fake_encoder)
        second = index(source, kb, fake_encoder)
        assert first.articles == second.articles == 6
        assert not second.built

    @pytest.mark.parametrize("content", ["folder", "file"])
    def test_foreign_place_is_refused(
        self, source: Path, kb: Path, fake_encoder: Any, content: str
    ) -> None:
        if content == "file":
            kb.write_text("mine", encoding="utf-8")
        else:
            kb.mkdir()
            (kb / "thesis.txt").write_text("mine", encoding="utf-8")
        with pytest.raises(StoreError, match=r"is not a knowledge base|is a file"):
            index(source, kb, fake_encoder)
        assert (kb if content == "file" else kb / "thesis.txt").read_text("utf-8") == "mine"

    def test_strict_stops_at_the_first_bad_file(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        (source / "bad.jsonl").write_text("{", encoding="utf-8")
        with pytest.raises(ArticleError, match=r"bad\.jsonl:1"):
            index(source, kb, fake_encoder, strict=True)
        assert not IndexStore(kb).exists()

    def test_bad_row_is_named_and_the_others_are_indexed(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        with (source / "hr.jsonl").open("a", encoding="utf-8") as file:
            file.write("{\n")
        report = index(source, kb, fake_encoder)
        assert report.articles == 6
        assert [(bad.path, bad.line) for bad in report.rejected] == [(str(source / "hr.jsonl"), 4)]
        assert report.to_json()["rejected"][0]["line"] == 4

    def test_unusable_vectors_are_refused(self, source: Path, kb: Path, fake_encoder: Any) -> None:
        wrong = OtherEncoder(fake_encoder, dim=31)
        with pytest.raises(EncoderError, match=r"expected \(\d+, 31\) finite"):
            index(source, kb, wrong)
        assert not IndexStore(kb).exists()


class TestUpdate:
    """Running again."""

    def test_nothing_changed_keeps_the_generation(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        before = fake_encoder.encoded.copy()
        report = index(source, kb, fake_encoder)
        assert (report.built, report.generation, report.unchanged) == (False, "000001", 6)
        assert fake_encoder.encoded == before

    def test_only_the_passages_that_changed_are_encoded(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        path = source / "long.md"
        sections = [f"## Part {n}\n\n{f'Word{n} follows word. ' * 30}\n" for n in range(8)]
        path.write_text("\n".join(sections), "utf-8")
        first = index(source, kb, fake_encoder)
        sections[3] = "## Part 3\n\n" + "Something else altogether. " * 30 + "\n"
        path.write_text("\n".join(sections), "utf-8")
        fake_encoder.encoded.clear()
        report = index(source, kb, fake_encoder)
        assert report.edited == ("long.md",)
        assert 0 < report.encoded == len(fake_encoder.encoded) < 4 < first.encoded
        assert all("Something else" in text for text in fake_encoder.encoded)

    def test_edited_added_and_deleted_articles(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        (source / "it" / "wifi.md").write_text("# Wi-Fi\n\nChoose Staff.\n", "utf-8")
        (source / "it" / "printers.md").unlink()
        (source / "new.txt").write_text("All new.", "utf-8")
        report = index(source, kb, fake_encoder)
        assert report.added == ("new.txt",)
        assert report.edited == ("it/wifi.md",)
        assert report.removed == ("it/printers.md",)
        assert report.unchanged == 4
        found = articles_of(kb)
        assert "it/printers.md" not in found
        assert "Staff" in found["it/wifi.md"].body
        hits = open_index(kb, encoder=fake_encoder).retrieve("printers floor Guest", 50)
        assert "it/printers.md" not in {hit.passage.article_id for hit in hits}
        assert not any("Guest" in hit.passage.text for hit in hits)

    def test_update_equals_a_fresh_build(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        (source / "it" / "wifi.md").write_text("# Wi-Fi\n\nChoose Staff. 🔑 first.\n", "utf-8")
        (source / "it" / "aaa.md").write_text("# First of all\n\nNew.\n\n## Mac\n\nOne.\n", "utf-8")
        (source / "it" / "printers.md").unlink()
        index(source, kb, fake_encoder)
        index(source, tmp_path / "fresh", fake_encoder)
        assert parts_of(kb) == parts_of(tmp_path / "fresh")

    def test_changed_rights_take_effect_without_encoding(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        assert open_index(kb, encoder=fake_encoder).article("vpn") is not None
        text = (source / "vpn.md").read_text("utf-8")
        (source / "vpn.md").write_text(text.replace("id: vpn", "id: vpn\naudience: [it]"), "utf-8")
        report = index(source, kb, fake_encoder)
        assert (report.edited, report.encoded) == (("vpn",), 0)
        engine = open_index(kb, encoder=fake_encoder)
        assert engine.article("vpn") is None
        assert engine.article("vpn", roles=frozenset({"it"})) is not None
        assert not any(hit.passage.article_id == "vpn" for hit in engine.retrieve("VPN client", 50))

    def test_renamed_file_is_not_encoded_again(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        (source / "it" / "wifi.md").rename(source / "it" / "wireless.md")
        report = index(source, kb, fake_encoder)
        assert (report.added, report.removed) == (("it/wireless.md",), ("it/wifi.md",))
        assert report.encoded == 0
        assert {p.id.split("#")[0] for p in IndexStore(kb).open().passages} == set(articles_of(kb))

    def test_moved_source_changes_no_article(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        source.rename(tmp_path / "moved")
        report = index(tmp_path / "moved", kb, fake_encoder)
        assert (len(report.edited), report.removed, report.encoded) == (6, (), 0)

    def test_add_keeps_the_articles_of_other_sources(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        other = tmp_path / "other"
        (other / "it").mkdir(parents=True)
        (other / "it" / "wifi.md").write_text("# Another\n\nElsewhere.\n", "utf-8")
        report = index(other, kb, fake_encoder, add=True)
        assert report.added == ("other/it/wifi.md",)
        assert (report.articles, report.unchanged) == (7, 6)
        again = index(other, kb, fake_encoder, add=True)
        assert not again.built
        (other / "it" / "wifi.md").write_text("# Another\n\nElsewhere, moved.\n", "utf-8")
        assert index(other, kb, fake_encoder, add=True).edited == ("other/it/wifi.md",)
        sources = IndexStore(kb).open().manifest.sources
        assert {Path(record.path).name: record.articles for record in sources} == {
            "other": 1,
            "source": 6,
        }

    def test_add_refuses_an_id_that_another_source_has(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        other = tmp_path / "other.jsonl"
        rows = [{"id": "vpn", "body": "Mine."}, {"id": "mine", "body": "Mine too."}]
        other.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        report = index(other, kb, fake_encoder, add=True)
        assert report.added == ("mine",)
        assert str(source.resolve()) in report.rejected[0].reason
        assert "Launchpad" in articles_of(kb)["vpn"].body

    def test_source_left_out_counts_as_removed(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        other = numbered(tmp_path / "other", 1)
        bring_up_to_date([source, other], kb, encoder=fake_encoder)
        assert index(source, kb, fake_encoder).removed == ("00.md",)

    def test_damaged_generation_is_built_anew(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        (source / "new.txt").write_text("All new.", "utf-8")
        index(source, kb, fake_encoder)
        (kb / "generations" / "000002" / "bodies.bin").write_bytes(b"")
        with pytest.raises(IndexingError, match=r"--add\): the index is damaged"):
            index(source, kb, fake_encoder, add=True)
        report = index(source, kb, fake_encoder)
        assert (report.generation, report.articles) == ("000003", 7)
        assert report.rebuilt == "the last generation can't be read"
        assert IndexStore(kb).open().manifest.previous == "000001"

    def test_lost_manifest_is_built_anew(self, source: Path, kb: Path, fake_encoder: Any) -> None:
        index(source, kb, fake_encoder)
        (kb / "generations" / "000001" / "manifest.json").write_text("{", "utf-8")
        report = index(source, kb, fake_encoder)
        assert (report.generation, report.articles) == ("000002", 6)

    def test_newer_index_is_left_alone(self, source: Path, kb: Path, fake_encoder: Any) -> None:
        index(source, kb, fake_encoder)
        path = kb / "generations" / "000001" / "manifest.json"
        path.write_text(
            path.read_text("utf-8").replace('"format_version": 2', '"format_version": 3')
        )
        with pytest.raises(StoreError, match="format version 3 and this Frontdesk reads 2"):
            index(source, kb, fake_encoder)
        assert IndexStore(kb).generations() == ["000001"]

    def test_second_writer_is_refused(self, source: Path, kb: Path, fake_encoder: Any) -> None:
        index(source, kb, fake_encoder)
        with (
            IndexStore(kb).lock(),
            pytest.raises(IndexLocked, match="is being written by another process"),
        ):
            index(source, kb, fake_encoder)


class TestSettings:
    """What a knowledge base keeps of how it was built, and what makes it start over."""

    def test_chunk_settings_are_kept_and_replaced(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder, max_tokens=40)
        assert not index(source, kb, fake_encoder).built
        chunking = ChunkSettings(**IndexStore(kb).open().manifest.chunking)
        assert (chunking.max_tokens, chunking.overlap_tokens) == (40, 20)
        report = index(source, kb, fake_encoder, overlap_tokens=3)
        assert report.rebuilt == "passages are cut differently now"
        assert IndexStore(kb).open().manifest.chunking["overlap_tokens"] == 3

    @pytest.mark.parametrize("wrong", [{"max_tokens": 3}, {"overlap_tokens": 1000}])
    def test_senseless_chunk_settings_change_nothing(
        self, source: Path, kb: Path, fake_encoder: Any, wrong: dict[str, int]
    ) -> None:
        index(source, kb, fake_encoder)
        with pytest.raises(IndexingError, match="tokens is"):
            index(source, kb, fake_encoder, **wrong)
        assert IndexStore(kb).current() == "000001"

    def test_another_encoder_encodes_everything_again(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        first = index(source, kb, fake_encoder)
        other: TokenEncoder = OtherEncoder(fake_encoder)
        report = index(source, kb, other)
        assert report.encoded == first.encoded
        assert report.rebuilt == "the encoder is other@1 now and was fake@000000000000"
        assert IndexStore(kb).open().manifest.encoder.name == "other"

    def test_changed_folder_of_the_encoder_is_noticed(
        self, source: Path, kb: Path, tmp_path: Path, tiny_encoder: Path, retriever_for: Any
    ) -> None:
        folder = tmp_path / "encoder"
        shutil.copytree(tiny_encoder, folder)
        bring_up_to_date([source], kb, IndexOptions(encoder=str(folder)))
        manifest = IndexStore(kb).open().manifest
        assert manifest.encoder.name == str(folder)
        config = json.loads((folder / "config.json").read_bytes())
        (folder / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 0.1}), "utf-8")
        # Nothing to encode: the encoder isn't even loaded.
        assert not bring_up_to_date([source], kb).built
        (source / "new.txt").write_text("All new.", "utf-8")
        report = bring_up_to_date([source], kb)
        assert report.rebuilt is not None
        assert report.rebuilt.startswith("the encoder is encoder@")
        assert report.encoded == report.passages
        with pytest.raises(EncoderError, match="was built with the encoder"):
            open_index(kb, encoder=OtherEncoder(None))

    def test_encoder_that_is_gone_is_named(
        self, source: Path, kb: Path, tmp_path: Path, tiny_encoder: Path
    ) -> None:
        folder = tmp_path / "encoder"
        shutil.copytree(tiny_encoder, folder)
        bring_up_to_date([source], kb, IndexOptions(encoder=str(folder)))
        shutil.rmtree(folder)
        (source / "new.txt").write_text("All new.", "utf-8")
        with pytest.raises(EncoderError, match=r"built with the encoder 'encoder@.*--encoder"):
            bring_up_to_date([source], kb)
        with pytest.raises(EncoderError, match="is not a folder"):
            bring_up_to_date([source], kb, IndexOptions(encoder=str(folder)))
        with pytest.raises(EncoderError, match=r"built with the encoder 'encoder@.*Put it back"):
            open_index(kb).retrieve("vpn", 3)
        assert open_index(kb, retriever="bm25").retrieve("vpn", 3)

    def test_synonyms_are_kept_replaced_and_dropped(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        csv = tmp_path / "synonyms.csv"
        csv.write_text("PTO,paid time off\n", "utf-8")
        index(source, kb, fake_encoder, synonyms=csv)
        assert not index(source, kb, fake_encoder).built
        trace = open_index(kb, encoder=fake_encoder).trace("PTO", 3, roles=frozenset({"staff"}))
        assert trace.expansions
        assert trace.legs["bm25"][0].passage.article_id == "leave"
        report = index(source, kb, fake_encoder, drop_synonyms=True)
        assert (report.built, report.encoded) == (True, 0)
        assert not open_index(kb, encoder=fake_encoder).trace("PTO", 3).expansions

    def test_broken_synonyms_change_nothing(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        with pytest.raises(SourceError, match="synonyms"):
            index(source, kb, fake_encoder, synonyms=tmp_path / "missing.csv")
        assert not kb.exists()

    def test_fusion_is_stored(self, source: Path, kb: Path, fake_encoder: Any) -> None:
        index(source, kb, fake_encoder, fusion=Fusion(kind="rrf"))
        trace = open_index(kb, encoder=fake_encoder).trace("vpn", 3)
        assert trace.fusion == str(Fusion(kind="rrf"))


class TestConfirmation:
    """Runs that would lose much, or show more, stop and say what they would do."""

    def test_removing_more_than_a_third_stops(
        self, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        source = numbered(tmp_path / "articles", 9)
        index(source, kb, fake_encoder)
        for number in range(4):
            (source / f"{number:02}.md").unlink()
        with pytest.raises(
            ConfirmationNeeded,
            match=r"(?s)more than a third .*\(4 of 9\).*remove 4 of 9.*- 00\.md.*- 03\.md\n.*--yes",
        ):
            index(source, kb, fake_encoder)
        assert len(articles_of(kb)) == 9
        assert len(index(source, kb, fake_encoder, yes=True).removed) == 4
        assert len(articles_of(kb)) == 5

    def test_removing_a_third_does_not_stop(
        self, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        source = numbered(tmp_path / "articles", 9)
        index(source, kb, fake_encoder)
        for number in range(3):
            (source / f"{number:02}.md").unlink()
        assert len(index(source, kb, fake_encoder).removed) == 3

    def test_long_lists_are_cut(self, kb: Path, tmp_path: Path, fake_encoder: Any) -> None:
        source = numbered(tmp_path / "articles", 30)
        index(source, kb, fake_encoder)
        for number in range(25):
            (source / f"{number:02}.md").unlink()
        with pytest.raises(ConfirmationNeeded, match="and 5 more"):
            index(source, kb, fake_encoder)

    def test_missing_source_stops_although_little_is_lost(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        other = numbered(tmp_path / "other", 1)
        bring_up_to_date([source, other], kb, encoder=fake_encoder)
        shutil.rmtree(other)
        with pytest.raises(ConfirmationNeeded, match=r"(?s)other.*can't be read.*- 00\.md"):
            bring_up_to_date([source, other], kb, encoder=fake_encoder)
        report = bring_up_to_date([source, other], kb, YES, encoder=fake_encoder)
        assert report.removed == ("00.md",)
        assert any("other" in warning for warning in report.warnings)

    def test_emptied_source_stops(
        self, source: Path, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        other = numbered(tmp_path / "other", 1)
        bring_up_to_date([source, other], kb, encoder=fake_encoder)
        (other / "00.md").unlink()
        with pytest.raises(ConfirmationNeeded, match="holds nothing"):
            bring_up_to_date([source, other], kb, encoder=fake_encoder)
        (other / "00.md").write_text("\n", "utf-8")
        with pytest.raises(ConfirmationNeeded, match="gave 1 articles before and none now"):
            bring_up_to_date([source, other], kb, encoder=fake_encoder)
        bring_up_to_date([source, other], kb, YES, encoder=fake_encoder)

    def test_everything_may_be_removed_if_that_is_meant(
        self, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        source = numbered(tmp_path / "articles", 2)
        index(source, kb, fake_encoder)
        shutil.rmtree(source)
        source.mkdir()
        report = index(source, kb, fake_encoder, yes=True)
        assert (report.articles, report.passages) == (0, 0)
        for retriever in RETRIEVERS:
            engine = open_index(kb, encoder=fake_encoder, retriever=retriever)
            assert engine.retrieve("number", 5) == []
        numbered(tmp_path / "again", 2)
        assert index(tmp_path / "again", kb, fake_encoder).articles == 2

    def test_damaged_index_still_asks(self, kb: Path, tmp_path: Path, fake_encoder: Any) -> None:
        source = numbered(tmp_path / "articles", 3)
        index(source, kb, fake_encoder)
        (kb / "generations" / "000001" / "vectors.npy").write_bytes(b"")
        (source / "00.md").unlink()
        (source / "01.md").unlink()
        with pytest.raises(ConfirmationNeeded, match=r"\(2 of 3\)"):
            index(source, kb, fake_encoder)

    def test_leaving_out_the_audience_does_not_publish(
        self, kb: Path, tmp_path: Path, fake_encoder: Any
    ) -> None:
        folder = tmp_path / "notes"
        folder.mkdir()
        (folder / "a.txt").write_text("The code is 1234.", "utf-8")
        index(folder, kb, fake_encoder, audience=("staff",))
        assert open_index(kb, encoder=fake_encoder).retrieve("code", 3) == []
        with pytest.raises(ConfirmationNeeded, match=r"would become public.*a\.txt"):
            index(folder, kb, fake_encoder)
        assert open_index(kb, encoder=fake_encoder).retrieve("code", 3) == []
        index(folder, kb, fake_encoder, yes=True)
        assert open_index(kb, encoder=fake_encoder).retrieve("code", 3) != []


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Let writes beyond a size fail as they do on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestFullDisk:
    """Nothing is lost where nothing more can be written."""

    def test_failed_write_names_the_place_and_leaves_the_old_index(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        index(source, kb, fake_encoder)
        (source / "big.txt").write_text("word " * 20_000, "utf-8")
        with (
            largest_file(50_000),
            pytest.raises(IndexingError, match=r"can't be written to .*kb.*MB are free.*stands"),
        ):
            index(source, kb, fake_encoder)
        assert IndexStore(kb).current() == "000001"
        assert [path.name for path in (kb / "generations").iterdir()] == ["000001"]
        assert len(articles_of(kb)) == 6
        assert index(source, kb, fake_encoder).articles == 7

    def test_too_little_room_is_told_before_encoding(
        self, source: Path, kb: Path, fake_encoder: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index(source, kb, fake_encoder)
        (source / "big.txt").write_text("word " * 20_000, "utf-8")
        fake_encoder.encoded.clear()
        usage = shutil.disk_usage(kb)._replace(free=1000)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(IndexingError, match=r"too full .*kb.* needs about .* MB are free"):
            index(source, kb, fake_encoder)
        assert fake_encoder.encoded == []
        assert [path.name for path in (kb / "generations").iterdir()] == ["000001"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_folder_without_rights_is_named(
        self, source: Path, kb: Path, fake_encoder: Any
    ) -> None:
        kb.mkdir()
        kb.chmod(0o500)
        with pytest.raises(IndexingError, match="can't be written"):
            index(source, kb, fake_encoder)


def test_hostile_bodies_survive(kb: Path, tmp_path: Path, fake_encoder: Any) -> None:
    bodies = {
        "crlf": "One.\r\n\r\nTwo.\r\nThree.",
        "emoji": "👩‍💻 " * 400,
        "rtl": "שלום עולם. " * 100,
        "combining": "e\u0301a\u0308" * 500,
        "zero": "a\u200bb\u200d " * 300,
        "nul": "a\x00b",
        "separators": "a\u2028b\u2029c\x85d",
        "one line": "x" * 200_000,
    }
    rows = [{"id": name, "title": "", "body": body} for name, body in bodies.items()]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    index(path, kb, fake_encoder)
    found = articles_of(kb)
    assert {name: article.body for name, article in found.items()} == bodies
    for passage in IndexStore(kb).open().passages:
        assert passage.text == bodies[passage.article_id][passage.start : passage.end]


def test_no_part_is_pickled(source: Path, kb: Path, fake_encoder: Any) -> None:
    index(source, kb, fake_encoder)
    for path in files_under(kb / "generations" / "000001"):
        if path.suffix == ".npy":
            assert not np.load(path, allow_pickle=False).dtype.hasobject


def test_progress_names_the_steps(source: Path, kb: Path, fake_encoder: Any) -> None:
    steps: dict[str, list[tuple[int, int]]] = {}

    @contextmanager
    def progress(step: str) -> Iterator[Any]:
        steps[step] = []
        yield lambda done, total: steps[step].append((done, total))

    bring_up_to_date([source], kb, encoder=fake_encoder, progress=progress)
    assert steps["Reading articles"][-1] == (4, 4)
    assert steps["Cutting articles"][-1] == (6, 6)
    done, total = steps["Encoding passages"][-1]
    assert done == total == len(Generation(kb / "generations" / "000001").passages)
