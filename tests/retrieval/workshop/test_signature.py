import json
from hashlib import sha256
from pathlib import Path

import retrieval.workshop.signature
from retrieval.workshop.signature import signature


def test_signature_names_everything_a_score_depends_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"rows")
    signed = signature([path], {"encoder": "x@1"}, seed=7, n=3, device="cpu")
    assert signed["data_sha256"] == sha256(b"rows").hexdigest()
    assert (signed["seed"], signed["n"], signed["device"]) == (7, 3, "cpu")
    assert {"python", "numpy", "faiss-cpu"} <= set(signed["libraries"])
    assert json.loads(json.dumps(signed)) == signed


def test_signature_changes_with_data_and_configuration(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    base = signature([one, other], {"a": 1, "b": 2})
    assert signature([one, other], {"b": 2, "a": 1}) == base
    assert signature([other, one], {"a": 1, "b": 2})["data_sha256"] != base["data_sha256"]
    assert (
        signature([one, other], {"a": 2, "b": 2})["configuration_sha256"]
        != base["configuration_sha256"]
    )


def test_signature_holds_no_paths(tmp_path: Path) -> None:
    path = tmp_path / "secret-folder.jsonl"
    path.write_bytes(b"x")
    assert "secret-folder" not in json.dumps(signature([path], {"file": str(path)}))


def test_signature_outside_a_checkout_has_no_commit(tmp_path: Path, monkeypatch: object) -> None:
    retrieval.workshop.signature._commit.cache_clear()
    original = retrieval.workshop.signature.__file__
    try:
        retrieval.workshop.signature.__file__ = str(
            tmp_path / "retrieval" / "workshop" / "signature.py"
        )
        assert signature([], {})["commit"] is None
    finally:
        retrieval.workshop.signature.__file__ = original
        retrieval.workshop.signature._commit.cache_clear()
