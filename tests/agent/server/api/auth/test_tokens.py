"""Tokens against keys that a JOSE library made, published by a server on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from agent.errors import ServerError
from agent.server.api.auth import jwks as jwks_module
from agent.server.api.auth.jwks import JwksFile, JwksUrl, parse_key_set
from agent.server.api.auth.tokens import BadToken, TokenVerifier, roles_of
from agent.server.settings import TokenSettings

ISSUER = "https://login.example.com/"
AUDIENCE = "frontdesk"


class Provider:
    """An identity provider: publishes keys, counts how often they are fetched."""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.fetched = 0
        self.status = 200
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetched += 1
                body = json.dumps({"keys": [key.as_dict(private=False) for key in provider.keys]})
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    made.keys.append(RSA)
    yield made
    made.close()


RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada@example.com",
        "iat": now,
        "exp": now + 300,
        "roles": ["staff"],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def token(key: Any = RSA, algorithm: str = "RS256", header: Any = None, **changes: Any) -> str:
    head = {"alg": algorithm, "kid": key.kid, **(header or {})}
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None},
        claims(**changes),
        key,
        algorithms=[algorithm],
    )


def verifier(provider: Provider, **settings: Any) -> TokenVerifier:
    given = TokenSettings(issuer=ISSUER, audience=AUDIENCE, jwks_url=provider.url, **settings)
    return TokenVerifier(given)


def test_asker_of_a_good_token(provider: Provider) -> None:
    asker = verifier(provider).asker(token())
    assert asker.roles == {"staff"}
    assert asker.owner.startswith("token:")
    assert "ada" not in asker.owner + asker.label
    again = verifier(provider).asker(token(jti="another"))
    assert again.owner == asker.owner
    assert verifier(provider).asker(token(sub="bob")).owner != asker.owner


def test_asker_takes_each_of_several_keys_and_audiences(provider: Provider) -> None:
    provider.keys.append(EC)
    checked = verifier(provider)
    assert checked.asker(token(EC, "ES256")).roles == {"staff"}
    assert checked.asker(token(aud=["other", AUDIENCE])).roles == {"staff"}
    assert checked.asker(token(header={"kid": None})).roles == {"staff"}
    assert provider.fetched == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": int(time.time()) - 3_600}, "expired"),
        ({"exp": None}, "missing_claim"),
        ({"sub": None}, "missing_claim"),
        ({"iss": "https://evil.example.com/"}, "invalid_claim"),
        ({"iss": None}, "missing_claim"),
        ({"aud": "another-app"}, "invalid_claim"),
        ({"aud": None}, "missing_claim"),
        ({"nbf": int(time.time()) + 3_600}, "invalid_claim"),
        ({"iat": int(time.time()) + 3_600}, "invalid_claim"),
        ({"exp": "soon"}, "invalid_claim"),
        ({"sub": 7}, "invalid_claim"),
    ],
)
def test_wrong_claims_do_not_count(provider: Provider, changes: Any, why: str) -> None:
    with pytest.raises(BadToken, match=why):
        verifier(provider).asker(token(**changes))


def test_clock_skew_is_forgiven_up_to_the_leeway(provider: Provider) -> None:
    now = int(time.time())
    checked = verifier(provider, leeway_s=60)
    assert checked.asker(token(exp=now - 30)).roles == {"staff"}
    assert checked.asker(token(nbf=now + 30, iat=now + 30)).roles == {"staff"}
    with pytest.raises(BadToken, match="expired"):
        checked.asker(token(exp=now - 90))


def test_a_token_signed_by_another_key_does_not_count(provider: Provider) -> None:
    with pytest.raises(BadToken, match="bad_signature"):
        verifier(provider).asker(token(OTHER))


def test_a_changed_token_does_not_count(provider: Provider) -> None:
    head, body, signature = token().split(".")
    changed = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed["roles"] = ["hr"]
    forged = ".".join([head, encoded(changed), signature])
    with pytest.raises(BadToken, match="bad_signature"):
        verifier(provider).asker(forged)


def test_alg_none_does_not_count(provider: Provider) -> None:
    for algorithm in ("none", "None", "NONE", ""):
        forged = f"{encoded({'alg': algorithm, 'kid': 'rsa-1'})}.{encoded(claims())}."
        with pytest.raises(BadToken, match="algorithm that isn't accepted"):
            verifier(provider).asker(forged)


def test_the_public_key_is_no_shared_secret(provider: Provider) -> None:
    """HS256 with the published key as the secret: the classic confusion."""
    for secret in (RSA.as_pem(private=False), json.dumps(RSA.as_dict(private=False)).encode()):
        signed = f"{encoded({'alg': 'HS256', 'kid': 'rsa-1'})}.{encoded(claims())}"
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        forged = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(BadToken, match="algorithm that isn't accepted"):
            verifier(provider).asker(forged)


def test_keys_that_the_token_brings_do_not_count(provider: Provider) -> None:
    jwk = OTHER.as_dict(private=False)
    for header in ({"jwk": jwk}, {"jku": provider.url}, {"x5u": provider.url}):
        with pytest.raises(BadToken):
            verifier(provider).asker(token(OTHER, header={**header, "kid": None}))


def test_an_algorithm_that_is_not_listed_does_not_count(provider: Provider) -> None:
    with pytest.raises(BadToken, match="algorithm that isn't accepted"):
        verifier(provider, algorithms=("ES256",)).asker(token())


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "..", "é.é.é", "a.b.c.d", "x" * 20_000, "e30.e30.e30"]
)
def test_what_is_no_token_does_not_count(provider: Provider, text: str) -> None:
    with pytest.raises(BadToken, match="the token"):
        verifier(provider).asker(text)


def test_a_new_key_is_fetched_when_a_token_names_it(provider: Provider) -> None:
    now = [0.0]
    source = JwksUrl(provider.url, 3_600, clock=lambda: now[0])
    checked = TokenVerifier(
        TokenSettings(issuer=ISSUER, audience=AUDIENCE, jwks_url=provider.url), source=source
    )
    checked.asker(token())
    provider.keys = [EC]
    with pytest.raises(BadToken, match="doesn't publish"):
        checked.asker(token(EC, "ES256"))
    assert provider.fetched == 1  # too soon after the last time
    now[0] += 11
    assert checked.asker(token(EC, "ES256")).roles == {"staff"}
    assert provider.fetched == 2
    with pytest.raises(BadToken, match="doesn't publish"):
        checked.asker(token())


def test_made_up_kids_do_not_make_the_server_fetch(provider: Provider) -> None:
    checked = verifier(provider)
    for i in range(20):
        with pytest.raises(BadToken):
            checked.asker(token(OTHER, header={"kid": f"made-up-{i}"}))
    assert provider.fetched == 1


def test_keys_at_hand_are_used_while_the_provider_is_away(provider: Provider) -> None:
    now = [0.0]
    source = JwksUrl(provider.url, 100, clock=lambda: now[0])
    checked = TokenVerifier(
        TokenSettings(issuer=ISSUER, audience=AUDIENCE, jwks_url=provider.url), source=source
    )
    checked.asker(token())
    provider.status = 500
    now[0] += 1_000
    assert checked.asker(token()).roles == {"staff"}
    assert provider.fetched == 2


def test_jwks_file(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [RSA.as_dict(private=False)]}))
    checked = TokenVerifier(TokenSettings(issuer=ISSUER, audience=AUDIENCE, jwks_file=path))
    assert checked.asker(token()).roles == {"staff"}
    with pytest.raises(ServerError, match="can't be read"):
        JwksFile(tmp_path / "absent.json")


def test_parse_key_set_leaves_out_what_is_no_public_signing_key() -> None:
    shared = OctKey.generate_key(256, {"kid": "shared"})
    sealing = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})
    odd = {"kty": "EC", "crv": "P-17", "x": "AA", "y": "AA"}
    given = [shared.as_dict(private=True), sealing.as_dict(private=False), odd]
    content = json.dumps({"keys": [*given, RSA.as_dict(private=True)]}).encode()
    found = parse_key_set(content, where="a test")
    assert isinstance(found, KeySet)
    assert [key.kid for key in found.keys] == ["rsa-1"]
    assert not found.keys[0].is_private
    with pytest.raises(ServerError, match="no public key for signatures"):
        parse_key_set(json.dumps({"keys": given}).encode(), where="a test")
    for wrong in (b"", b"[]", b'{"keys": 3}', b'{"keys": [3]}'):
        with pytest.raises(ServerError, match="can't be read"):
            parse_key_set(wrong, where="a test")


@pytest.mark.parametrize(
    ("given", "path", "role_map", "expected"),
    [
        ({"roles": ["a", "b"]}, "roles", {}, {"a", "b"}),
        ({"scope": "a b"}, "scope", {}, {"a", "b"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {}, {"a"}),
        ({"https://x.org/roles": ["a"]}, "https://x.org/roles", {}, {"a"}),
        ({"groups": ["g-hr", "g-it"]}, "groups", {"g-hr": "hr"}, {"hr"}),
        ({}, "roles", {}, set()),
        ({"roles": {"a": 1}}, "roles", {}, set()),
        ({"roles": 3}, "roles.inner", {}, set()),
        ({"roles": ["a", 3, None, " "]}, "roles", {}, {"a"}),
    ],
)
def test_roles_of(given: Any, path: str, role_map: Any, expected: set[str]) -> None:
    assert roles_of(given, path, role_map) == expected


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_tokens_over_http(provider: Provider, serve: Any) -> None:
    settings = TokenSettings(issuer=ISSUER, audience=AUDIENCE, jwks_url=provider.url)
    running = serve(token=settings)
    body = {"question": "salary bands"}
    with running.client(token(roles=["hr"])) as client:
        answered = client.post("/v1/ask", json=body).json()
        assert answered["answers"][0]["article_id"] == "hr/bands"
    forged = f"{encoded({'alg': 'none'})}.{encoded(claims(roles=['hr']))}."
    for bad in (token(OTHER), token(exp=1), forged, "nonsense", "fd_aaaaaaaa_" + "A" * 43):
        with running.client(bad) as client:
            refused = client.post("/v1/ask", json=body)
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert bad not in refused.text
        assert "bands" not in refused.text
    with running.client() as client:
        assert client.post("/v1/ask", json=body).status_code == 401
        for scheme in ("Basic YTpi", "Bearer", "Bearer a b"):
            wrong = client.post("/v1/ask", json=body, headers={"Authorization": scheme})
            assert wrong.status_code == 401


DEEP = b'{"a":' * 6_000


@pytest.mark.parametrize("place", [0, 1])
def test_a_token_nested_too_deeply_does_not_count(provider: Provider, place: int) -> None:
    parts = token().split(".")
    parts[place] = base64.urlsafe_b64encode(DEEP).rstrip(b"=").decode()[:12_000]
    with pytest.raises(BadToken, match="can't be read"):
        verifier(provider).asker(".".join(parts))


def test_signed_claims_nested_too_deeply_do_not_count(provider: Provider) -> None:
    deep: Any = "staff"
    for _ in range(900):  # what the library's own writer still writes
        deep = [deep]
    with pytest.raises(BadToken, match="can't be read"):
        verifier(provider).asker(token(roles=deep))


def test_a_key_set_nested_too_deeply_is_told() -> None:
    with pytest.raises(ServerError, match="recursion limit"):
        parse_key_set(b'{"keys": [' + DEEP, where="here")


def test_the_fetch_of_keys_has_one_time_for_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Header lines that come one at a time, each in time, held a worker for half a minute."""
    monkeypatch.setattr(jwks_module, "_TIMEOUT_S", 0.3)
    sent: list[int] = []

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(1_000):
                try:
                    self.wfile.write(b"X-A: 1\r\n")
                    self.wfile.flush()
                except OSError:
                    return
                sent.append(number)
                time.sleep(0.06)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        source = JwksUrl(f"http://127.0.0.1:{server.server_port}/keys", 60)
        assert not source.keys("a").keys
    finally:
        server.shutdown()
        server.server_close()
    assert 0 < len(sent) < 1_000
