"""Whatever bytes a file holds: articles and rejections come out, never another error."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.articles import load_articles
from retrieval.articles.failures import UNFORESEEN
from retrieval.articles.registry import LOADERS

SAMPLES = sorted(
    path for path in (Path(__file__).parents[1] / "fixtures").rglob("*") if path.is_file()
)
SPLICES = [
    b'"', b"\n", b"\0", b"<", b">", b"{", b"[", b"null", b"\xff\xfe", b"```", b"| |", b"{% ",
    b"---\n", b"&#x110000;", b"\xed\xa0\x80", b"-1", b"1e999", b"[]", b"{}", b"\\ud800", b"</",
    b"<table>", b"<![CDATA[", b"<ac:link/>", b"# ?", b";", b"audience",
    b"&#1;", b"\x01", b"<i hidden>",
]  # fmt: skip
lenient = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(path: Path) -> None:
    loaded = load_articles([path])
    for article in loaded.articles:
        assert article.body.strip()
        assert article.id
        assert len(article.sha256) == 64
    for bad in loaded.rejected:
        assert not bad.reason.startswith(UNFORESEEN), bad.reason
        assert len(bad.reason) < 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("suffix", sorted(set(LOADERS)))
@given(
    raw=st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))
)
@lenient
def test_any_bytes_are_articles_or_rejections(folder: Path, suffix: str, raw: Any) -> None:
    path = folder / f"x{suffix}"
    path.write_bytes(raw)
    check(path)


@st.composite
def damage(draw: st.DrawFn, raw: bytes) -> bytes:
    """A real file with a few bytes changed, cut, doubled or spliced in."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        kind = draw(st.sampled_from(["change", "cut", "double", "splice"]))
        span = draw(st.integers(1, 60))
        if kind == "change":
            raw = raw[:at] + bytes([draw(st.integers(0, 255))]) + raw[at + 1 :]
        elif kind == "cut":
            raw = raw[:at] + raw[at + span :]
        elif kind == "double":
            raw = raw[:at] + raw[at : at + span] * 2 + raw[at + span :]
        else:
            raw = raw[:at] + draw(st.sampled_from(SPLICES)) + raw[at:]
    return raw


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
@given(choices=st.data())
@settings(lenient, max_examples=40)
def test_damaged_samples_are_articles_or_rejections(
    folder: Path, sample: Path, choices: Any
) -> None:
    path = folder / sample.name
    path.write_bytes(choices.draw(damage(sample.read_bytes())))
    check(path)


@pytest.mark.parametrize("part", ["document", "numbering", "styles"])
@given(choices=st.data())
@settings(lenient, max_examples=25)
def test_damaged_parts_of_a_docx_are_articles_or_rejections(
    folder: Path, part: str, choices: Any
) -> None:
    (sample,) = [path for path in SAMPLES if path.suffix == ".docx"]
    out = io.BytesIO()
    with zipfile.ZipFile(sample) as archive, zipfile.ZipFile(out, "w") as broken:
        for name in archive.namelist():
            raw = archive.read(name)
            if name == f"word/{part}.xml":
                raw = choices.draw(damage(raw))
            broken.writestr(name, raw)
    path = folder / "part.docx"
    path.write_bytes(out.getvalue())
    check(path)
