"""A site built once by a test process and copied after that: building takes seconds, a copy milliseconds.

What is kept belongs to one folder of keys, one kind of database and one name of a site.
"""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from baselines.vault import Vault
from cmdb.store import Store
from tests import postgres


@dataclass
class Copy:
    """A vault, and the database beside it: a SQLite file, or the name of one on the test's server."""

    vault: Path
    database: str

    def put_back(self, store: Store, path: Path) -> Vault:
        """Make an empty store and a new vault at the path those that are kept."""
        shutil.copytree(self.vault, path, symlinks=True)
        if store.dialect == "sqlite":
            shutil.copyfile(self.database, _file(store))
        else:
            socket, name = _place(store)
            postgres.drop_database(socket, name)
            postgres.new_database(socket, name, self.database)
        return Vault.open(path)


_KEPT: dict[tuple[str, str, str], Copy] = {}


def kept(store: Store, folder: Path, name: str) -> Copy | None:
    """What is kept of this name for these keys and this kind of database."""
    return _KEPT.get((store.dialect, str(folder), name))


def keep(store: Store, folder: Path, name: str, path: Path) -> None:
    """Keep the store and the vault at the path as they are now, beside the folder of the keys."""
    place = folder.with_name(f"{folder.name} kept") / f"{store.dialect} {len(_KEPT)}"
    place.mkdir(parents=True)
    vault = place / "library.git"
    shutil.copytree(path, vault, symlinks=True)
    if store.dialect == "sqlite":
        database = str(place / "cmdb.db")
        with closing(sqlite3.connect(_file(store))) as now, closing(sqlite3.connect(database)) as copy:
            now.backup(copy)
    else:
        socket, original = _place(store)
        database = f"kept_{original}"
        postgres.new_database(socket, database, original)
    _KEPT[store.dialect, str(folder), name] = Copy(vault, database)


def _file(store: Store) -> str:
    with store.read() as uow:
        return str(uow.rows("PRAGMA database_list")[0][2])


def _place(store: Store) -> tuple[str, str]:
    """The socket folder of the server, and the name of the database."""
    url = store.engine.url
    return str(url.query["host"]), str(url.database)
