"""The quay: a small controlled estate with a board, in a real store."""

from typing import Any

import pytest

from tests.ccb import quay as quays


@pytest.fixture
def quay(sqlite_store: Any, keys: Any) -> quays.Quay:
    """The quay in SQLite."""
    return quays.built(sqlite_store, keys)


@pytest.fixture
def either_quay(store: Any, keys: Any) -> quays.Quay:
    """The quay in either kind of database."""
    return quays.built(store, keys)
