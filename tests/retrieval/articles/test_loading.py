from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText, Write

from retrieval.articles import Rejected, load_articles
from retrieval.articles.loader import MAX_ARTICLE_CHARS, Loader, LoaderOutput, SourceFile
from retrieval.errors import AccessError, ArticleError, SourceError
from retrieval.types import Article


def test_load_articles_mixes_formats_in_path_order(samples: Path, write: Write) -> None:
    write("b.txt")
    write("a/z.jsonl", '{"id": "j1", "title": "J", "body": "one"}\n{"id": "j2", "body": "two"}\n')
    root = write("c.md", "# C\n\nText.").parent

    loaded = load_articles([root])

    assert [(a.id, a.path, a.format) for a in loaded.articles] == [
        ("j1", "a/z.jsonl", "jsonl"),
        ("j2", "a/z.jsonl", "jsonl"),
        ("b.txt", "b.txt", "text"),
        ("c.md", "c.md", "markdown"),
    ]
    assert {a.source for a in loaded.articles} == {str(root.resolve())}
    assert (loaded.rejected, dict(loaded.skipped), loaded.warnings) == ((), {}, ())


def test_load_articles_takes_every_sample_format(samples: Path) -> None:
    loaded = load_articles([samples], today=date(2026, 3, 1))

    assert not loaded.rejected
    assert {a.format for a in loaded.articles} == {
        "beir", "confluence", "csv", "docx", "html", "jsonl", "markdown", "pdf", "qna",
        "servicenow", "text", "zendesk",
    }  # fmt: skip
    assert dict(loaded.skipped) == {"draft": 3, "expired": 1, "index": 1, "retired": 3}
    assert len({a.id for a in loaded.articles}) == len(loaded.articles)


def test_load_articles_is_deterministic(samples: Path) -> None:
    assert load_articles([samples]) == load_articles([samples])


def test_load_articles_takes_a_single_file(write: Write) -> None:
    path = write("sub/vpn.txt", "Start it.")

    (article,) = load_articles([path]).articles

    assert (article.id, article.path, article.source) == ("vpn.txt", "vpn.txt", str(path.resolve()))


@pytest.mark.parametrize("as_string", [True, False])
def test_load_articles_accepts_relative_sources(
    write: Write, monkeypatch: pytest.MonkeyPatch, as_string: Any
) -> None:
    monkeypatch.chdir(write("a.txt").parent.parent)

    (article,) = load_articles(["kb" if as_string else Path("kb")]).articles

    assert article.id == "a.txt"
    assert Path(article.source).is_absolute()


def test_load_articles_missing_source_raises(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source '.*nowhere' can't be read \(No such file"):
        load_articles([tmp_path / "nowhere"])


def test_load_articles_empty_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds nothing; expected articles \(\.csv, \.docx"):
        load_articles([tmp_path])


def test_load_articles_folder_of_other_files_raises(write: Write) -> None:
    with pytest.raises(SourceError, match="holds only other files"):
        load_articles([write("a.zip").parent])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_load_articles_special_file_raises_and_is_skipped_inside(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceError, match="is neither a file nor a folder"):
        load_articles([tmp_path / "pipe.txt"])
    with pytest.raises(SourceError, match="holds nothing"):
        load_articles([tmp_path])


def test_load_articles_missing_ok_goes_on_with_a_warning(write: Write, tmp_path: Path) -> None:
    root = write("a.txt").parent

    loaded = load_articles([tmp_path / "nowhere", root], missing_ok=True)

    assert [a.id for a in loaded.articles] == ["a.txt"]
    assert "nowhere" in loaded.warnings[0]


def test_load_articles_rejects_bad_files_and_keeps_the_rest(write: Write) -> None:
    write("good.txt", "fine")
    root = write("bad.md", b"# T\xff\n").parent

    loaded = load_articles([root])

    assert [a.id for a in loaded.articles] == ["good.txt"]
    (bad,) = loaded.rejected
    assert (bad.path, bad.line) == (str(root / "bad.md"), 1)
    assert "byte 0xFF at offset 3" in bad.reason


def test_load_articles_strict_raises_at_the_first_rejection(write: Write) -> None:
    path = write("a.jsonl", '{"body": "x"}\nnot json\n')

    with pytest.raises(ArticleError, match=r"a\.jsonl:2: not valid JSON at column 1") as caught:
        load_articles([path], strict=True)
    assert (caught.value.path, caught.value.line) == (str(path), 2)


def test_load_articles_strict_raises_for_an_id_used_twice(write: Write) -> None:
    path = write("a.jsonl", '{"id": "x", "body": "1"}\n{"id": "x", "body": "2"}\n')
    with pytest.raises(ArticleError, match=r"a\.jsonl:2: id 'x' is already used by .*a\.jsonl:1"):
        load_articles([path], strict=True)


def test_load_articles_unreadable_file_is_rejected(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.txt")
    write("b.txt", "fine")
    original = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return original(self)

    # The tests may run as root, whom no file mode stops.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    loaded = load_articles([path.parent])

    assert [a.id for a in loaded.articles] == ["b.txt"]
    assert loaded.rejected == (Rejected(str(path), None, "can't be read: Permission denied"),)


def test_load_articles_one_defect_does_not_stop_the_others(write: Write) -> None:
    def read(loader: Loader, file: SourceFile) -> Iterable[LoaderOutput]:
        if file.relative == "a.txt":
            raise KeyError("title")
        return loader(file)

    write("a.txt")
    root = write("b.txt").parent
    loaded = load_articles([root], read=read)

    assert [a.id for a in loaded.articles] == ["b.txt"]
    assert "in a way that was not foreseen (KeyError: \"'title'\"); please report it" in (
        loaded.rejected[0].reason
    )


def test_load_articles_ignores_hidden_files_and_locks(write: Write) -> None:
    write(".hidden.txt")
    write(".git/a.txt")
    write("~$report.docx", b"lock")
    root = write("a.txt").parent

    assert [a.id for a in load_articles([root]).articles] == ["a.txt"]


def test_load_articles_counts_unsupported_files_and_names_a_few(write: Write) -> None:
    for number in range(9):
        write(f"x{number}.png")
    write("z.mov")
    root = write("a.txt").parent

    loaded = load_articles([root])

    assert loaded.skipped["unsupported"] == 10
    assert (
        "10 files are of kinds that are not read: 9 .png, 1 .mov (such as x0.png)"
        in (loaded.warnings[0])
    )


def test_load_articles_skips_empty_articles_with_a_warning(write: Write) -> None:
    write("a.txt", " \r\n\t")
    root = write("b.txt").parent

    loaded = load_articles([root])

    assert dict(loaded.skipped) == {"empty": 1}
    assert loaded.warnings == (f"an article is empty and was left out: {root / 'a.txt'}",)


def test_load_articles_survives_link_loops_and_dead_links(write: Write) -> None:
    root = write("sub/a.txt").parent.parent
    (root / "sub" / "loop").symlink_to(root, target_is_directory=True)
    (root / "dead.txt").symlink_to(root / "gone.txt")

    loaded = load_articles([root])

    assert [a.path for a in loaded.articles] == ["sub/a.txt"]
    assert [bad.path for bad in loaded.rejected] == [str(root / "dead.txt")]


def test_load_articles_too_long_article_is_rejected(load_text: LoadText) -> None:
    loaded = load_text(
        "a.jsonl", '{"body": "' + "x" * (MAX_ARTICLE_CHARS + 1) + '"}\n{"body": "y"}'
    )
    assert [a.body for a in loaded.articles] == ["y"]
    assert (
        "the article has 20,000,001 characters; at most 20,000,000 are" in loaded.rejected[0].reason
    )


def test_load_articles_huge_text_file_is_rejected_unread(write: Write) -> None:
    path = write("a.txt")
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
        stream.seek(0, os.SEEK_END)
    loaded = load_articles([path])
    assert "split it into several" in loaded.rejected[0].reason


def test_load_articles_reports_progress_by_files(write: Write) -> None:
    write("a.txt")
    root = write("b.txt").parent
    seen: list[int] = []
    load_articles([root], progress=seen.append)
    assert seen == [1, 2]


def test_load_articles_prefixes_ids_only_where_sources_clash(tmp_path: Path) -> None:
    for folder, names in (("it", ["vpn.txt", "wifi.txt"]), ("hr", ["vpn.txt"])):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text(f"{folder} {name}")

    loaded = load_articles([tmp_path / "it", tmp_path / "hr"])

    assert [a.id for a in loaded.articles] == ["it/vpn.txt", "wifi.txt", "hr/vpn.txt"]


def test_load_articles_prefix_tells_sources_of_one_name_apart(tmp_path: Path) -> None:
    for folder in ("x/kb", "y/kb"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.txt").write_text(folder)

    loaded = load_articles([tmp_path / "x/kb", tmp_path / "y/kb"])

    assert [a.id for a in loaded.articles] == ["x/kb/a.txt", "y/kb/a.txt"]


def test_load_articles_same_source_twice_is_taken_once(write: Write) -> None:
    root = write("a.txt").parent
    assert [a.id for a in load_articles([root, str(root) + "/"]).articles] == ["a.txt"]


def test_load_articles_nested_sources_take_a_file_once(write: Write) -> None:
    root = write("sub/a.txt").parent.parent
    loaded = load_articles([root, root / "sub"])
    assert [a.id for a in loaded.articles] == ["sub/a.txt"]
    assert "lies in two sources" in loaded.warnings[0]


def test_load_articles_path_id_steps_aside_for_a_taken_one(write: Write) -> None:
    root = write("a.txt").parent
    loaded = load_articles([root], taken={"a.txt": "/elsewhere"})
    assert [a.id for a in loaded.articles] == ["kb/a.txt"]


def test_load_articles_path_id_steps_aside_for_a_stated_one(write: Write) -> None:
    write("a.txt", "path")
    root = write("z.md", "---\nid: a.txt\n---\nstated").parent
    loaded = load_articles([root])
    assert [(a.id, a.body) for a in loaded.articles] == [("kb/a.txt", "path"), ("a.txt", "stated")]


def test_load_articles_stated_id_that_is_taken_is_rejected(write: Write) -> None:
    path = write("a.md", "---\nid: vpn\n---\nText.")
    loaded = load_articles([path], taken={"vpn": "/old/source"})
    assert not loaded.articles
    assert (
        "id 'vpn' is already used by /old/source; ids must be unique" in loaded.rejected[0].reason
    )


def test_load_articles_duplicate_stated_ids_name_both_places(write: Write) -> None:
    first = write("a.md", "---\nid: vpn\n---\nOne.")
    second = write("b.md", "---\nid: vpn\n---\nTwo.")
    loaded = load_articles([first.parent])
    assert [a.path for a in loaded.articles] == ["a.md"]
    assert loaded.rejected[0].path == str(second)
    assert str(first) in loaded.rejected[0].reason


@pytest.mark.parametrize("bad", ["  ", "a\nb", " a", "a\u0000"])
def test_load_articles_bad_ids_are_rejected(load_text: LoadText, bad: Any) -> None:
    import json

    loaded = load_text("a.jsonl", json.dumps({"id": bad, "body": "x"}))
    assert "expected one line of text without spaces around it" in loaded.rejected[0].reason


def test_load_articles_half_a_surrogate_pair_is_rejected(load_text: LoadText) -> None:
    loaded = load_text("a.jsonl", '{"body": "ab\\ud83d"}\n{"body": "\\ud83d\\ude00"}\n')
    assert [a.body for a in loaded.articles] == ["😀"]
    assert (
        r"body holds half of a surrogate pair (U+D83D) at character 2" in loaded.rejected[0].reason
    )


def test_load_articles_drops_urls_that_could_run_code(load_text: LoadText) -> None:
    loaded = load_text("a.jsonl", '{"body": "x", "url": "javascript:alert(1)"}')
    assert loaded.articles[0].url is None
    assert "neither http(s) nor mailto" in loaded.warnings[0]


def test_load_articles_drops_dates_that_are_not_iso(load_text: LoadText) -> None:
    loaded = load_text(
        "a.jsonl",
        '{"body": "x", "updated": "05/06/2026"}\n{"body": "y", "updated": "2026-06-05 10:00"}',
    )
    assert [a.updated for a in loaded.articles] == [None, "2026-06-05T10:00"]
    assert "'05/06/2026'" in loaded.warnings[0]


# Default audiences


@pytest.mark.parametrize("audience", ["staff", ("",), ("a", 1), ["a"]])
def test_default_audience_must_be_role_names(write: Write, audience: Any) -> None:
    with pytest.raises(AccessError, match="is no tuple of role names; expected names such as"):
        load_articles([write("a.txt")], audience=audience)


def test_default_audience_reaches_formats_without_a_place_for_it(write: Write) -> None:
    write("a.txt")
    write("b.md", "Text.")
    root = write("c.jsonl", '{"body": "x"}\n{"_id": "d", "text": "beir"}').parent

    loaded = load_articles([root], audience=("staff",))

    assert [(a.format, a.audience) for a in loaded.articles] == [
        ("text", ("staff",)),
        ("markdown", None),
        ("jsonl", None),
        ("beir", ("staff",)),
    ]
    assert "an article is public: its format has a place for an audience" in loaded.warnings[0]
    assert "(2 times)" in loaded.warnings[0]


def test_default_audience_of_the_nearest_folder_wins(write: Write) -> None:
    root = write("a.txt").parent
    write("_frontdesk.toml", 'audience = ["staff"]')
    write("hr/b.txt")
    write("hr/_frontdesk.toml", 'audience = ["hr", "managers"]')
    write("hr/deep/c.txt")
    write("secret/_frontdesk.toml", "audience = []")
    write("secret/d.txt")
    write("it/e.txt")

    loaded = load_articles([root], audience=("everyone",))

    assert {a.path: a.audience for a in loaded.articles} == {
        "a.txt": ("staff",),
        "hr/b.txt": ("hr", "managers"),
        "hr/deep/c.txt": ("hr", "managers"),
        "it/e.txt": ("staff",),
        "secret/d.txt": (),
    }


def test_default_audience_of_its_folder_reaches_a_file_given_alone(write: Write) -> None:
    write("_frontdesk.toml", 'audience = ["staff"]')
    (article,) = load_articles([write("a.txt")]).articles
    assert article.audience == ("staff",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('audience = "staff"', "audience is 'staff'"),
        ("audience = [1]", "which is no role name"),
        ('audience = [""]', "holds an empty role"),
        ("audience = [", "not valid TOML"),
        ("", 'expected audience = \\["staff"\\], or a table'),
        ("rights = 1", "expected .rights. with field"),
        ("[rights]\nroles = { x = 'all' }", "audience is 'all'"),
        ("[rights]\nfields = 'x'", "expected .rights. with field"),
        ("# " + "x" * 20_000, "more than 20,000 bytes"),
        ('Audience = ["staff"]', 'write "audience"'),
        ('audience = ["staff"]\nroles = 1', "expected audience"),
    ],
)
def test_default_audience_that_is_broken_makes_nothing_public(
    write: Write, content: Any, reason: str
) -> None:
    toml = write("hr/_frontdesk.toml", content)
    write("hr/deep/a.txt")
    write("hr/b.md", "---\naudience: [hr]\n---\nText.")
    root = write("c.txt").parent

    loaded = load_articles([root])

    assert [a.path for a in loaded.articles] == ["c.txt", "hr/b.md"]
    assert dict(loaded.skipped) == {"unclear audience": 1}
    (bad,) = loaded.rejected
    assert bad.path == str(toml)
    with pytest.raises(ArticleError, match=reason):
        raise ArticleError(bad.reason)


def test_articles_are_what_retrieval_expects(load_text: LoadText) -> None:
    (article,) = load_text("Guest_visits.txt", "Hello").articles
    assert article == Article(
        id="Guest_visits.txt",
        title="Guest visits",
        body="Hello",
        source=article.source,
        path="Guest_visits.txt",
        format="text",
    )


@pytest.mark.shared_data
def test_squad_and_handbook_load_whole() -> None:
    shared = Path(
        os.environ.get("FRONTDESK_SHARED_DATA") or Path(__file__).parents[4] / "shared/data"
    )
    if not (shared / "squad/articles").is_dir():
        pytest.skip("the shared data sets are not here")
    squad = load_articles([shared / "squad/articles"])
    handbook = load_articles([shared / "kb_18f_handbook/pages"])
    assert (len(squad.articles), squad.rejected) == (490, ())
    assert len(handbook.articles) + handbook.skipped["empty"] == 246
    assert not handbook.rejected
    text = (shared / "squad/articles/ASCII.txt").read_bytes().decode("utf-8")
    assert next(a.body for a in squad.articles if a.id == "ASCII.txt") == text
    # Pages that explain the site's own tags show them in code; no other page has any left.
    assert [a.id for a in handbook.articles if "{%" in a.body.split("```")[0]] == []
