"""Endpoints on loopback: real sockets, nothing outside."""

from __future__ import annotations

import httpx
import pytest

from agent.workshop.conversations.endpoints import LoopbackEndpoints, ReceivedCall
from agent.workshop.conversations.types import Endpoint

URL = "https://desk.example.com/api/orders"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "PATCH"])
def test_endpoints_answer_and_remember_the_call(method: str, endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, method=method, status=201, json={"number": "ü7"})])
    response = endpoints.client.request(method, f"{URL}?page=2", json={"item": "mouse"})
    assert (response.status_code, response.json()) == (201, {"number": "ü7"})
    assert endpoints.calls == [ReceivedCall(method, URL, {"item": "mouse"})]


def test_endpoints_answer_head_without_a_body(endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, method="HEAD", json={"a": 1})])
    assert endpoints.client.head(URL).content == b""


def test_endpoints_send_what_is_no_json(endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, text="<p>down</p>")])
    assert endpoints.client.get(URL).text == "<p>down</p>"
    assert endpoints.calls == [ReceivedCall("GET", URL, {})]


def test_endpoints_keep_calls_whose_body_is_no_object(endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, method="POST")])
    endpoints.client.post(URL, content=b"{broken")
    endpoints.client.post(URL, json=[1])
    assert [call.json for call in endpoints.calls] == [{}, {}]


def test_endpoints_refuse_what_is_closed_or_unknown(endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, closed=True)])
    for method, url in [("GET", URL), ("POST", URL), ("GET", "https://example.org/")]:
        with pytest.raises(httpx.ConnectError):
            endpoints.client.request(method, url)
    assert endpoints.calls == []


def test_endpoints_let_callers_wait_until_they_give_up(endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, delay_s=30)])
    with pytest.raises(httpx.ReadTimeout):
        endpoints.client.get(URL, timeout=0.1)


def test_endpoints_forget_calls_when_others_are_used(endpoints: LoopbackEndpoints) -> None:
    endpoints.use([Endpoint(URL, json=1)])
    endpoints.client.get(URL)
    endpoints.use([])
    assert endpoints.calls == []
