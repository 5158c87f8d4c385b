"""The rows of releases and of the versions of items in them. Rows never leave this module.

Both repeat what the library keeps below records/releases/, so that a list and an item's card need no library.
"""

from collections.abc import Iterable

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

import cmdb.tables  # noqa: F401 - rows here refer to its people
from baselines.release_model import Release
from cmdb import codec
from cmdb.store import UnitOfWork


class ProductReleaseRow(SQLModel, table=True):
    """A release."""

    __tablename__ = "product_release"

    product: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    request: str = Field(unique=True)
    scope: str
    baseline: str = Field(foreign_key="baseline.id")
    commit_id: str
    digest: str
    decision: str
    manifest: str
    signature: str
    archive: str
    size: int
    files: int
    at: str
    by: str = Field(foreign_key="person.id")
    key: str
    statement: str
    record: str = Field(unique=True)


class ReleasedItemRow(SQLModel, table=True):
    """A version of an item in a release, by the SHA-256 of its record."""

    __tablename__ = "released_item"
    __table_args__ = (Index("released_item_of_item", "item"),)

    product: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    sha256: str


codec.register(
    Release,
    ProductReleaseRow,
    key=("product", "version"),
    noun="release",
    remedy="List them with 'cmdb release list'.",
    columns={"commit": "commit_id"},
)


def add(uow: UnitOfWork, release: Release, items: Iterable[tuple[str, str]]) -> None:
    """Store a release with the items in it, each (id, SHA-256)."""
    uow.add(release)
    uow.many(
        "INSERT INTO released_item (product, version, item, sha256) VALUES (?, ?, ?, ?)",
        [(release.product, release.version, item, sha) for item, sha in items],
    )


def releases(uow: UnitOfWork, product: str = "") -> tuple[Release, ...]:
    """Every release, or those of a product, newest first."""
    found = uow.all(Release, **({"product": product} if product else {}))
    return tuple(sorted(found, key=lambda one: (one.at, one.product, one.version), reverse=True))


def find(uow: UnitOfWork, product: str, version: str) -> Release | None:
    """A release by product and version, or None."""
    found: Release | None = uow.find(Release, product, version)
    return found


def of_request(uow: UnitOfWork, request: str) -> Release | None:
    """The release a request was closed by, or None."""
    return next(iter(uow.all(Release, request=request)), None)


def items_of(uow: UnitOfWork, release: Release) -> dict[str, str]:
    """The items of a release, each with the SHA-256 of its record."""
    rows = uow.rows(
        "SELECT item, sha256 FROM released_item WHERE product = ? AND version = ?",
        release.product,
        release.version,
    )
    return {str(item): str(sha) for item, sha in rows}


def products_of_items(uow: UnitOfWork) -> set[tuple[str, str]]:
    """Every (product, version) that the list of released items speaks of."""
    return {(row[0], row[1]) for row in uow.rows("SELECT DISTINCT product, version FROM released_item")}
