from __future__ import annotations

from datetime import date

import pytest
from loading_types import Write

from retrieval.articles.loader import SourceFile
from retrieval.errors import ArticleError


def test_source_file_reads_up_to_a_limit(write: Write) -> None:
    file = SourceFile(write("a.txt", "\ufeffäb"), "a.txt", date(2026, 3, 1))
    assert file.read_text() == "äb"
    assert file.read_article() == "äb"
    assert len(file.read_bytes(6)) == 6
    with pytest.raises(ArticleError, match="the file has 6 bytes; at most 5 are read: split it"):
        file.read_bytes(5)
