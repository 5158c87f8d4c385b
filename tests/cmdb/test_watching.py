"""What another process writes is noticed within two seconds, on both databases, and after a lost server."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cmdb import journal, watching
from cmdb.watching import News, Watch, Written

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WRITE = """
import sys
from datetime import UTC, datetime
from cmdb import journal
from cmdb.store import Store
with Store.connect(sys.argv[1]).write() as uow:
    journal.record(uow, at=datetime(2026, 11, 22, 12, tzinfo=UTC), actor=sys.argv[2],
                   action="vote cast", subjects=("CR-1",))
    uow.commit()
"""
WITHIN = 2.0


@pytest.fixture
def watch(database: str, store: Any) -> Iterator[Watch]:
    with Watch(database, every=0.2) as made:
        assert made.next(threading.Event()) is None
        yield made


def heard(watch: Watch, within: float = 20.0) -> News | None:
    """The next news, waited for."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if (news := watch.next(threading.Event())) is not None:
            return news
    return None


def write(store: Any, actor: str = "m.jansen", times: int = 1) -> None:
    for _turn in range(times):
        with store.write() as uow:
            journal.record(uow, at=NOW, actor=actor, action="vote cast", subjects=("CR-1",))
            uow.commit()


def test_another_process_is_noticed_within_two_seconds(store: Any, database: str) -> None:
    found: list[tuple[float, News]] = []

    def look() -> None:
        with Watch(database) as watch:  # as often as the app looks
            news = heard(watch)
            if news is not None:
                found.append((time.time(), news))

    looking = threading.Thread(target=look)
    looking.start()
    subprocess.run([sys.executable, "-c", WRITE, database, "p.ng"], check=True)
    written = time.time()
    looking.join()
    [(at, news)] = found
    assert at - written < WITHIN
    assert news == News(1, (Written("p.ng", "vote cast", ("CR-1",)),))


def test_nothing_is_told_twice_and_nothing_of_what_was_not_committed(watch: Watch, store: Any) -> None:
    write(store, times=2)
    news = heard(watch)
    assert news is not None
    assert news.number + (0 if news.number == 2 else heard(watch).number) == 2  # type: ignore[union-attr]
    with store.write() as uow:
        journal.record(uow, at=NOW, actor="p.ng", action="vote cast", subjects=("CR-1",))
    assert heard(watch, 1.0) is None


def test_many_entries_are_counted_and_only_the_newest_given(watch: Watch, store: Any) -> None:
    with store.write() as uow:
        for place in range(watching.MOST + 5):
            journal.record(uow, at=NOW, actor=f"p{place}", action="vote cast")
        uow.commit()
    news = heard(watch)
    assert news is not None
    assert (news.number, len(news.entries)) == (watching.MOST + 5, watching.MOST)
    assert news.entries[-1].actor == f"p{watching.MOST + 4}"


def test_who_stops_waits_no_longer(watch: Watch) -> None:
    stopped = threading.Event()
    stopped.set()
    since = time.monotonic()
    assert watch.next(stopped) is None
    assert time.monotonic() - since < 0.5


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_listener_that_lost_its_server_hears_again_and_misses_nothing(
    watch: Watch, store: Any, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as boss:
        boss.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    write(store)
    news = heard(watch)
    assert news is not None
    assert news.number == 1
    write(store, "p.ng")
    assert heard(watch) == News(1, (Written("p.ng", "vote cast", ("CR-1",)),))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_never_tells_is_asked(watch: Watch, store: Any) -> None:
    assert isinstance(watch._eye, watching._Server)
    watch._eye.reader._connection.execute("UNLISTEN *")
    write(store)
    since = time.monotonic()
    assert heard(watch) is not None
    assert time.monotonic() - since < WITHIN


def test_a_backup_that_was_put_back_is_noticed(sqlite_store: Any, sqlite_database: str) -> None:
    before = Path(sqlite_database).read_bytes()
    write(sqlite_store, times=3)
    with Watch(sqlite_database, every=0.05) as watch:
        assert watch.next(threading.Event()) is None
        for ending in ("-wal", "-shm"):
            Path(sqlite_database + ending).unlink(missing_ok=True)
        other = Path(sqlite_database + ".new")
        other.write_bytes(before)
        other.replace(sqlite_database)
        news = heard(watch)
        assert news is not None
        assert news.number == 3


def test_a_database_that_is_away_is_waited_for(sqlite_store: Any, sqlite_database: str) -> None:
    with Watch(sqlite_database, every=0.02) as watch:
        assert watch.next(threading.Event()) is None
        away = Path(sqlite_database + ".away")
        Path(sqlite_database).rename(away)
        assert watch.next(threading.Event()) is None
        assert watch.next(threading.Event()) is None
        away.rename(sqlite_database)
        write(sqlite_store)
        assert heard(watch) == News(1, (Written("m.jansen", "vote cast", ("CR-1",)),))
