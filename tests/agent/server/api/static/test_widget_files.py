"""The page and its files over the wire; no browser needed."""

from __future__ import annotations

import gzip
import re
from typing import Any

import httpx
import pytest

FILES = {
    "/": "text/html; charset=utf-8",
    "/page.css": "text/css; charset=utf-8",
    "/page.js": "text/javascript; charset=utf-8",
    "/icon.svg": "image/svg+xml",
    "/widget.js": "text/javascript; charset=utf-8",
}
AIM_BYTES = 15_000
"""The widget's first load over the wire, headers and all."""


@pytest.mark.parametrize(("path", "media_type"), FILES.items())
def test_file_is_served_compressed_with_a_tag(desk: Any, path: str, media_type: str) -> None:
    with httpx.Client(base_url=desk.url) as client:
        response = client.get(path, headers={"Accept-Encoding": "gzip"})
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0, br"})
        head = client.head(path)
    assert response.headers["content-type"] == media_type
    assert response.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert response.content == plain.content == refused.content
    assert response.headers["vary"] == "Accept-Encoding"
    assert head.status_code == 200
    assert head.content == b""


@pytest.mark.parametrize("path", FILES)
def test_file_that_is_known_is_not_sent_again(desk: Any, path: str) -> None:
    with httpx.Client(base_url=desk.url) as client:
        tag = client.get(path).headers["etag"]
        known = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
        other = client.get(path, headers={"If-None-Match": '"other"'})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == tag
    assert other.status_code == 200


def test_first_load_of_the_widget_is_small(desk: Any) -> None:
    with (
        httpx.Client(base_url=desk.url, headers={"Accept-Encoding": "gzip"}) as client,
        client.stream("GET", "/widget.js") as response,
    ):
        body = b"".join(response.iter_raw())
        headers = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
    assert gzip.decompress(body).startswith(b"/*! Frontdesk")
    assert len(body) + headers <= AIM_BYTES


def test_page_has_nothing_that_its_policy_forbids(desk: Any) -> None:
    with httpx.Client(base_url=desk.url) as client:
        response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=", response.text) == []


def test_widget_never_parses_text_as_markup(desk: Any) -> None:
    with httpx.Client(base_url=desk.url) as client:
        source = client.get("/widget.js").text
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|setHTML"
    assert re.findall(ways, source) == []


def test_page_can_be_switched_off_and_the_widget_stays(serve_desk: Any) -> None:
    with serve_desk(page=False) as served, httpx.Client(base_url=served.url) as client:
        statuses = {path: client.get(path).status_code for path in FILES}
        problem = client.get("/").json()
    assert statuses == {path: 200 if path == "/widget.js" else 404 for path in FILES}
    assert problem["type"] == "urn:frontdesk:problem:not-found"


def test_pages_files_are_no_part_of_the_documented_api(desk: Any) -> None:
    with httpx.Client(base_url=desk.url) as client:
        paths = client.get("/openapi.json").json()["paths"]
    assert not set(FILES) & set(paths)
