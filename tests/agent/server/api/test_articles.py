from __future__ import annotations

from typing import Any

import pytest

BODY = "Start the client 🙂 and choose Connect."


def test_article_comes_exactly_and_with_the_span_in_pieces(serve: Any) -> None:
    with serve().client() as client:
        start = BODY.index("choose")
        found = client.get("/v1/articles/it/vpn", params={"start": start, "end": start + 6}).json()
        encoded = client.get("/v1/articles/it%2Fvpn").json()
    assert found["body"] == BODY
    pieces = found["highlight"]
    assert pieces["quote"] == "choose"
    assert pieces["before"] + pieces["quote"] + pieces["after"] == BODY
    assert encoded["highlight"] is None
    assert encoded["id"] == "it/vpn"
    assert encoded["sha256"] == found["sha256"]


@pytest.mark.parametrize(
    "span", ["start=1", "end=1", "start=3&end=3", "start=0&end=999", "start=-1&end=3", "start=a"]
)
def test_article_refuses_spans_that_are_none(serve: Any, span: str) -> None:
    with serve().client() as client:
        refused = client.get(f"/v1/articles/it/vpn?{span}")
        absent = client.get("/v1/articles/absent?start=1")
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert absent.status_code == 404
