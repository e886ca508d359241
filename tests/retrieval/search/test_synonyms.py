from pathlib import Path

import pytest

from retrieval.errors import SourceError, StoreError
from retrieval.search.analysis import Analyser
from retrieval.search.synonyms import NO_SYNONYMS, SYNONYM_WEIGHT, Expander, Synonyms


def written(folder: Path, text: str) -> Path:
    path = folder / "synonyms.csv"
    path.write_text(text, encoding="utf-8")
    return path


def expander(*groups: tuple[str, ...]) -> Expander:
    return Expander(Synonyms(groups), Analyser())


def terms(text: str) -> list[str]:
    return Analyser().terms(text)


@pytest.mark.parametrize(
    "text",
    [
        "PTO,paid time off\nMFA,two-factor, 2FA\n",
        "term,synonyms\nPTO,paid time off\nMFA,two-factor,2FA",
        "Acronym,Stands for\r\nPTO,  paid   time off\r\n\r\n# ours\r\nMFA,two-factor,2FA,\r\n",
        '\ufeffPTO,"paid time off"\nMFA,two-factor,2FA,MFA\n',
    ],
)
def test_load_reads_groups(text: str, tmp_path: Path) -> None:
    groups = Synonyms.load(written(tmp_path, text)).groups
    assert groups == (("PTO", "paid time off"), ("MFA", "two-factor", "2FA"))


def test_load_of_an_empty_file_is_no_synonyms(tmp_path: Path) -> None:
    assert Synonyms.load(written(tmp_path, "\n")) == NO_SYNONYMS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PTO,paid time off\nVPN\n", r"synonyms\.csv:2: 'VPN' stands alone.*PTO,paid time off"),
        ("PTO,!!\n", r"synonyms\.csv:1: '!!' has no letter or digit"),
        ('PTO,leave\n"MFA,2FA\n', r"synonyms\.csv:2: not a line of CSV"),
    ],
)
def test_load_names_file_and_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        Synonyms.load(written(tmp_path, text))


def test_load_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.csv' can't be read"):
        Synonyms.load(tmp_path / "none.csv")


def test_load_refuses_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "synonyms.csv"
    path.write_bytes("PTO,leave\nCV,résumé\n".encode("latin-1"))
    with pytest.raises(SourceError, match=r"synonyms\.csv:2: .* aren't UTF-8"):
        Synonyms.load(path)


def test_synonyms_round_trip_through_json() -> None:
    synonyms = Synonyms((("PTO", "paid time off"), ("MFA", "2FA")))
    assert Synonyms.from_json(synonyms.to_json()) == synonyms


@pytest.mark.parametrize("kept", [b"{}", b'["PTO"]', b'[["PTO", 1]]', b"null", b"[", b""])
def test_from_json_refuses_what_is_no_groups(kept: bytes) -> None:
    with pytest.raises(StoreError, match="expected lists of phrases"):
        Synonyms.from_json(kept)


def test_expand_works_both_ways() -> None:
    either = expander(("PTO", "paid time off"))
    short, long = either.expand(terms("my PTO")), either.expand(terms("paid time off"))
    assert short.weights == {
        "my": 1.0,
        "pto": 1.0,
        "paid": SYNONYM_WEIGHT,
        "time": SYNONYM_WEIGHT,
        "off": SYNONYM_WEIGHT,
    }
    assert short.added == {"PTO": ("paid time off",)}
    assert long.weights == {"paid": 1.0, "time": 1.0, "off": 1.0, "pto": SYNONYM_WEIGHT}
    assert long.added == {"paid time off": ("PTO",)}


def test_expand_counts_repeated_terms() -> None:
    assert expander().expand(["vpn", "vpn", "client"]).weights == {"vpn": 2.0, "client": 1.0}


def test_expand_never_chains() -> None:
    weights = expander(("a1x", "b2x"), ("b2x", "c3x")).expand(["a1x"]).weights
    assert set(weights) == {"a1x", "b2x"}


def test_expand_takes_the_longest_phrase() -> None:
    expansion = expander(("time", "clock"), ("paid time off", "PTO")).expand(terms("paid time off"))
    assert expansion.added == {"paid time off": ("PTO",)}
    assert "clock" not in expansion.weights


def test_expand_needs_the_whole_phrase_in_order() -> None:
    assert not expander(("paid time off", "PTO")).expand(terms("off time paid time")).added


def test_expand_leaves_the_weight_of_terms_already_asked_for() -> None:
    expansion = expander(("PTO", "paid time off")).expand(terms("pto time time"))
    assert expansion.weights["time"] == 2.0


def test_expand_joins_the_groups_of_a_phrase() -> None:
    expansion = expander(("PC", "computer"), ("PC", "politically correct")).expand(["pc"])
    assert expansion.added == {"PC": ("computer", "politically correct")}


def test_expand_finds_phrases_in_other_inflections_and_spellings() -> None:
    assert expander(("Wi-Fi", "wireless")).expand(terms("wifi")).added
    assert expander(("Wi-Fi", "wireless")).expand(terms("wi-fi")).added
    assert expander(("password reset", "unlock")).expand(terms("Passwords resetting")).added


def test_expand_of_spellings_with_equal_terms_adds_nothing() -> None:
    expansion = expander(("VPN", "vpn")).expand(["vpn"])
    assert expansion.weights == {"vpn": 1.0}
    assert not expansion.added
