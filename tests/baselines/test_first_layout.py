"""A site of the first layout, laid out by version 1 alone and full of rows, is migrated and goes on."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from baselines import establish
from cmdb import agreements, claims, measurements
from cmdb import site as sites
from cmdb.availability import Standing
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.migrations import v0001
from cmdb.model import Party
from cmdb.promises import ServiceAgreement
from cmdb.site import Site
from cmdb.store import Store
from tests import postgres
from tests.baselines import port
from tests.stories.terminal import Terminal

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}
UP = ServiceCommitment(
    id="up",
    service="mail",
    target=Decimal("99.5"),
    planned="no",
    hours=ServiceHours(
        rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", start="08:00", length=36_000),)
    ),
)
WEEK = ServiceCommitment(
    id="week", service="mail", target=Decimal(99), period="rolling", days=7, degraded=True
)


@pytest.fixture
def first(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A second, empty database of the same kind."""
    if "postgresql" not in request.node.name:
        yield str(tmp_path / "site" / "cmdb.db")
        return
    socket = request.getfixturevalue("postgresql_server")
    name = f"first_{tmp_path.name}"[:60]
    yield postgres.new_database(socket, name)
    postgres.drop_database(socket, name)


@pytest.fixture
def terminal(
    store: Store, database: str, first: str, tmp_path: Path, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """A site under control with an agreement, outages and a claim, in the first layout."""
    # No policy asked for a named reviewer then, neither in the database nor in the library.
    then = tuple(one.but(reviewer=False) for one in establish._policies())
    monkeypatch.setattr(establish, "_policies", lambda: then)
    folder = tmp_path / "site"
    folder.mkdir()
    made = port.build(store, folder / "library.git", keys, anew=True)
    _promised(store)
    made.established(at=NOW)
    made.library.close()
    _lay_out_first(first)
    _carry(database, first)
    url = first if first.startswith("postgresql") else ""
    sites.write(Site(path=folder, name="Port", test_clock=True, **({"database": url} if url else {})))
    return Terminal(folder, keys.folder, "2026-11-22T12:00:00Z", "a.vries")


def _promised(store: Store) -> None:
    with store.write() as uow:
        uow.add(Party(id="acme", name="Acme"))
        uow.commit()
    agreement = ServiceAgreement(
        id="ag-1",
        title="Mail for Acme",
        customer="acme",
        manager="m.jansen",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        zone="Europe/Amsterdam",
        services=("mail",),
        commitments=(UP, WEEK),
    )
    agreements.register(store, agreement, **BY)
    for days, hours in ((3, 1), (10, 5)):
        start = NOW - timedelta(days=days)
        measurements.record_outage(
            store, subject="lb-edge", started=start, ended=start + timedelta(hours=hours), **BY
        )
    claim = claims.raise_claim(
        store,
        agreement="ag-1",
        kind="calamity",
        start=NOW - timedelta(days=10),
        end=NOW - timedelta(days=10) + timedelta(hours=2),
        evidence="flood",
        **BY,
    )
    claims.decide(store, claim.id, "accepted", by="Bram", **BY)


def _lay_out_first(database: str) -> None:
    """Lay out what version 1 lays out, with nothing of the program as it is now."""
    url = database.replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(url if url != database else f"sqlite:///{database}")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        v0001.upgrade()
    engine.dispose()


def _carry(source: str, target: str) -> None:
    """Copy every row into the older layout, as far as it has the columns."""
    if target.startswith("postgresql"):
        with psycopg.connect(source) as old, psycopg.connect(target) as new:
            new.execute("SET session_replication_role = replica")
            _copy(old, new, _columns_postgresql(old), _columns_postgresql(new), "%s")
            for table, column, counter in new.execute(
                "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)"
                " FROM information_schema.columns WHERE column_default LIKE 'nextval%'"
            ).fetchall():
                new.execute(
                    f'SELECT setval(%s, (SELECT max("{column}") FROM "{table}") + 1, false)', (counter,)
                )
            new.commit()
        return
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        new.execute("PRAGMA journal_mode=WAL")
        _copy(old, new, _columns_sqlite(old), _columns_sqlite(new), "?")
        new.commit()


def _columns_postgresql(database: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in database.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    ):
        found.setdefault(table, []).append(column)
    return found


def _columns_sqlite(database: Any) -> dict[str, list[str]]:
    names = [
        row[0]
        for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not row[0].startswith(("item_search", "sqlite_"))
    ]
    return {name: [row[1] for row in database.execute(f'PRAGMA table_info("{name}")')] for name in names}


def _copy(old: Any, new: Any, has: dict[str, list[str]], tables: dict[str, list[str]], mark: str) -> None:
    carried = 0
    for table, columns in sorted(tables.items()):
        if not set(columns) <= set(has[table]):
            # What the newer layout calls otherwise is written as the older one held it.
            assert table == "freeze", table
            continue
        named = ", ".join(f'"{one}"' for one in columns)
        marks = ", ".join([mark] * len(columns))
        for row in old.execute(f'SELECT {named} FROM "{table}"').fetchall():
            cells = dict(zip(columns, row, strict=True))
            if table == "agreement":
                cells["commitments"] = _as_before(cells["commitments"])
            if table == "site":
                cells["schema_version"] = 1
            new.execute(f'INSERT INTO "{table}" ({named}) VALUES ({marks})', tuple(cells.values()))
            carried += 1
    freeze = ("fr-1", "Peak", "2026-12-24T12:00:00Z", "2026-12-27T12:00:00Z", '["mail"]', "holidays")
    marks = ", ".join([mark] * 6)
    new.execute(f'INSERT INTO "freeze" (id, title, starts, ends, services, reason) VALUES ({marks})', freeze)
    assert carried > 100, "a site full of rows was carried over"


def _as_before(commitments: str) -> str:
    """Commitments as the first layout's program wrote them: without the fields that came since."""
    since = ("outside", "clock")
    return json.dumps(
        [{name: part for name, part in one.items() if name not in since} for one in json.loads(commitments)]
    )


def _standings(database: str) -> list[Standing]:
    with Store.connect(database).read() as uow:
        return agreements.standings_of(uow, "ag-1", at=NOW, now=NOW)


def test_a_site_of_the_first_layout_is_migrated_and_used(
    terminal: Terminal, database: str, first: str
) -> None:
    before = _standings(database)
    assert [one.used_s for one in before] == [3600 * 4, 3600], "outages, less what the claim exempts"
    old = terminal.types("agreement show ag-1")
    assert old.code == 4
    assert "cmdb migrate" in old.err
    terminal.does("migrate --yes")
    assert _standings(first) == before
    said = json.loads(terminal.does("agreement show ag-1 --json"))
    assert [one["used_s"] for one in said["standings"]] == [14_400, 3600]
    assert said["observed"] == []
    answer = terminal.types("verify --json")
    assert answer.json["ok"], answer
    terminal.does("outage record lb-edge --from", "2026-11-20T09:00:00Z", "--for", "30m")
    assert _standings(first)[0].used_s == before[0].used_s + 1800
    terminal.does("observation record mail", "response time", "12m")
    assert "12 min" in terminal.does("observation list mail")
    terminal.does("item show sw-11")
    assert "Peak" in terminal.does("freeze list")
    assert "ag-1" in terminal.does("report service ag-1")
    assert terminal.does("doctor")
    again = json.loads(terminal.does("migrate --json"))
    assert again["migrated"] is False
