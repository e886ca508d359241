from __future__ import annotations

import subprocess
import sys

from retrieval.articles.registry import LOADERS, loader_of


def test_loader_of_knows_suffixes_in_any_case() -> None:
    assert loader_of("a/b.MD") is loader_of("c.markdown")
    assert loader_of("a.zip") is None
    assert loader_of("README") is None


def test_every_registered_loader_can_be_imported() -> None:
    assert all(callable(loader_of("x" + suffix)) for suffix in LOADERS)


def test_loaders_are_imported_on_first_use_only() -> None:
    code = (
        "import sys, retrieval.articles; "
        "heavy = {'lxml', 'pypdfium2', 'mammoth', 'markdown_it', 'yaml'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
