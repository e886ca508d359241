"""What the package `retrieval` offers by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import retrieval
from retrieval import errors


@pytest.mark.parametrize("name", retrieval.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(retrieval, name) is not None
    assert name in dir(retrieval)


def test_public_names_are_sorted_and_complete() -> None:
    assert sorted(set(retrieval.__all__)) == sorted(retrieval.__all__)
    assert {"open_index", "Article", "Passage", "Hit", "load_articles"} <= set(retrieval.__all__)
    assert set(errors.__all__) <= set(retrieval.__all__)
    assert set(retrieval._HOME_OF) == set(retrieval.__all__) - set(errors.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'retrieval' has no attribute 'nothing'"):
        _ = retrieval.nothing


def test_import_loads_no_numbers() -> None:
    code = "import sys, retrieval; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
