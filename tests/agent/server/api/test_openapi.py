"""The server keeps to what its OpenAPI document promises, whatever it is sent."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

N_QUICK_CASES = 26
N_SLOW_CASES = 2_000


@pytest.mark.parametrize(
    "n_cases",
    [N_QUICK_CASES, pytest.param(N_SLOW_CASES, marks=pytest.mark.slow)],
)
def test_server_keeps_to_its_document(open_server: Any, n_cases: int) -> None:
    # Takes seconds to import, and only this test needs it.
    import schemathesis

    schema = schemathesis.openapi.from_url(f"{open_server.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    modes = list(schemathesis.GenerationMode)
    n_sent = 0
    for operation, mode in itertools.product(operations, modes):
        if not operation.body and not operation.path_parameters and mode is modes[-1]:
            continue

        @settings(
            max_examples=1 + n_cases // (len(operations) * len(modes)),
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            nonlocal n_sent
            n_sent += 1
            if case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
                readable_conditions(case)
            case.call_and_validate()

        # For some addresses nothing wrong can be made up.
        with suppress(Unsatisfiable):
            check()
    assert n_sent >= n_cases / 2
    with open_server.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}


def readable_conditions(case: Any) -> None:
    """Put conditions that can be read for made-up ones: no schema says what a condition is."""
    if isinstance(case.body, dict) and case.body.get("where"):
        case.body["where"] = [f"field{number}=x" for number in range(len(case.body["where"]))]


def test_document_names_every_address(open_server: Any) -> None:
    with open_server.client() as client:
        document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/chat",
        "/v1/ask",
        "/v1/articles/{article_id}",
        "/v1/feedback",
        "/v1/handoff/{session_id}",
        "/v1/sessions/{session_id}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/webhooks/rest/",
        "/webhooks/rest/webhook",
        "/webhooks/signed/",
        "/webhooks/signed/{caller}",
    }
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path in ("/v1/chat", "/v1/ask", "/v1/feedback"):
        request = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        name = request["schema"]["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["examples"]
        problems = document["paths"][path]["post"]["responses"]["422"]["content"]
        assert list(problems) == ["application/problem+json"]
