"""The fixtures of `conftest.py` give what they say."""

import os
import sqlite3
import subprocess
from pathlib import Path

import psycopg
import pytest


def test_a_fresh_postgresql_18_is_there_and_empty(postgresql_database: str) -> None:
    with psycopg.connect(postgresql_database) as connection:
        [version] = connection.execute("SHOW server_version_num").fetchone() or ()
        [tables] = (
            connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname='public'").fetchone() or ()
        )
    assert int(version) // 10_000 == 18
    assert tables == 0


def test_postgresql_waits_for_its_commits(postgresql_database: str) -> None:
    with psycopg.connect(postgresql_database) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_each_test_gets_its_own_database(database: str, request: pytest.FixtureRequest) -> None:
    if database.startswith("postgresql://"):
        with psycopg.connect(database) as connection:
            connection.execute("CREATE TABLE mark (it integer)")
    else:
        assert not Path(database).exists()
        sqlite3.connect(database).close()


def test_a_key_signs_and_its_public_half_is_one_line(keys, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_bytes(b"yes")
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "vote@cmdb", "-f", keys.private("a.vries"), note], check=True
    )
    assert note.with_name("note.sig").read_text().startswith("-----BEGIN SSH SIGNATURE-----")
    assert keys.public("a.vries").startswith("ssh-ed25519 AAAA")
    assert keys.environ("p.ng") == {"CMDB_KEYS": str(keys.folder)}
    assert (keys.folder / "p.ng").stat().st_mode & 0o077 == 0


def test_nothing_of_the_person_running_the_tests_leaks_in() -> None:
    assert "CMDB_SITE" not in os.environ
    assert os.environ["GIT_CONFIG_GLOBAL"] == os.devnull
