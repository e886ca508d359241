"""Recipes: read strictly, so that a typing error doesn't train something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qa.errors import TrainingError
from qa.workshop.training.recipe import Recipe, load_recipe, shipped_recipe_path


def test_shipped_recipe_loads() -> None:
    recipe = load_recipe(shipped_recipe_path())
    assert recipe.held_out_articles == 40
    assert recipe.encoder == "all-MiniLM-L6-v2"


def test_load_recipe_keeps_defaults(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("seed = 7\nlearning_rate = 1\n[negative_kinds]\nswapped = 1.0\n")
    recipe = load_recipe(path)
    assert recipe == Recipe(seed=7, learning_rate=1, negative_kinds={"swapped": 1.0})
    assert recipe.sha256 != Recipe().sha256
    assert Recipe().sha256 == Recipe().sha256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "isn't TOML"),
        ("sead = 1", "unknown key 'sead'"),
        ("seed = 'x'", "seed is 'x'. Expected int"),
        ("seed = true", "seed is True. Expected int"),
        ("epochs = true", "epochs is True. Expected float"),
        ("negative_kinds = 3", "negative_kinds is 3. Expected dict"),
    ],
)
def test_load_recipe_refuses_what_it_does_not_know(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(TrainingError, match=message):
        load_recipe(path)


def test_load_recipe_names_the_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"Can't read the recipe .*absent\.toml"):
        load_recipe(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0.0}, "epochs is 0.0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"dropout": 1.0}, "dropout is 1.0. Expected a share"),
        ({"negative_share": -0.1}, "negative_share is -0.1"),
        ({"min_window_tokens": 300, "max_window_tokens": 200}, "windows are 300 to 200 tokens"),
        ({"min_window_tokens": 8}, "Expected 16 <= min <= max"),
        ({"precision": "int8"}, "precision is 'int8'"),
    ],
)
def test_recipe_refuses_values_out_of_range(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        Recipe(**values)
