from __future__ import annotations

from pathlib import Path

import pytest
from written_agent import mistakes, written

from agent.configuration import load_agent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("actions: {a: {}}", "actions.a: 'url' is missing"),
        ("actions: {a: {url: 'ftp://x'}}", "expected http:// or https://"),
        ("actions: {a: {url: 'https://{host}/'}}", "a host that no slot changes"),
        ("actions: {a: {url: 'https://x.{host}/'}}", "a host that no slot changes"),
        ("actions: {a: {url: 'https://x.org', method: FETCH}}", "unknown value 'FETCH'"),
        ("actions: {a: {url: 'https://x.org', json: {}}}", "a GET sends no body"),
        ("actions: {a: {url: 'https://x.org', timeout_s: 0}}", "from 0.1 to 60"),
        ("actions: {a: {url: 'https://x.org', headers: {'X Y': a}}}", "is no header's name"),
        ('actions: {a: {url: "https://x.org", headers: {X: "a\\nb"}}}', "a header is one line"),
        (
            "actions: {a: {url: 'https://x.org', method: POST, json: &a {b: *a}}}",
            "an alias that holds itself",
        ),
    ],
)
def test_load_agent_says_what_is_wrong_with_an_action(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in mistakes(tmp_path, text)


def test_load_agent_lets_an_environment_variable_name_the_host(tmp_path: Path) -> None:
    text = "actions: {look: {url: '${DESK_URL}/t'}, b: {url: 'https://${HOST}:80/t'}}"
    assert load_agent(written(tmp_path, text)).actions["look"].url == "${DESK_URL}/t"
