"""What every test may ask for: both databases, ssh keys, the shared sample data."""

import importlib
import os
import pkgutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import postgres

ROOT = Path(__file__).parent.parent
PACKAGES = ("cmdb", "ccb", "baselines", "tui")
ROOM = 6 * 2**30  # bytes; the tests leave some hundred MB until they end

# Nothing is timed in a test, so no example has a deadline: the machines are shared.
hypothesis.settings.register_profile("cmdb", deadline=None, print_blob=True)
hypothesis.settings.load_profile("cmdb")


def pytest_configure() -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in (
        "CMDB_SITE",
        "CMDB_PERSON",
        "CMDB_KEY",
        "CMDB_KEYS",
        "CMDB_NOW",
        "SSH_AUTH_SOCK",
        "NO_COLOR",
    ):
        os.environ.pop(name, None)
    _work_in_memory()
    # git reads no configuration but the repository's own, and asks nobody for anything.
    os.environ.update(
        GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, GIT_TERMINAL_PROMPT="0", LC_ALL="C.UTF-8"
    )


def _work_in_memory() -> None:
    """Write what tests write to memory where the machine has room for it, unless TMPDIR says where.

    Sites are made, synchronised and thrown away thousands of times: on a disk, that is half of the time.
    """
    memory = Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        return
    about = os.statvfs(memory)
    # In some containers it holds 64 MiB, or nothing in it may be run; the tests install and start programs.
    if min(about.f_bavail * about.f_frsize, _spare()) > ROOM and not about.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None  # asked for again


def _spare() -> float:
    """The bytes of memory this process could still get."""
    told = Path("/proc/meminfo").read_text("ascii").splitlines() if Path("/proc/meminfo").exists() else []
    free = next((1024 * int(one.split()[1]) for one in told if one.startswith("MemAvailable:")), 0)
    limit = Path("/sys/fs/cgroup/memory.max")
    allowed = limit.read_text("ascii").strip() if limit.exists() else "max"
    return min(free, float(allowed) if allowed.isdecimal() else float("inf"))


def table_modules() -> list[str]:
    """Names of every module that lays out tables, in all four packages."""
    found = []
    for package in PACKAGES:
        folder = ROOT / package
        found += [f"{package}.{one.name}" for one in pkgutil.iter_modules([str(folder)])]
    return [name for name in found if name.rpartition(".")[2].split("_")[0] == "tables"]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The socket folder of a real PostgreSQL, started when the first test asks for it."""
    with postgres.running() as socket:
        yield socket


@pytest.fixture
def postgresql_database(request: pytest.FixtureRequest, postgresql_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database; of a laid-out one where the test asks for a store too."""
    name = f"site_{uuid.uuid4().hex}"
    laid_out = "store" in request.fixturenames
    template = request.getfixturevalue("postgresql_template") if laid_out else "template1"
    yield postgres.new_database(postgresql_server, name, template)
    postgres.drop_database(postgresql_server, name)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a laid-out PostgreSQL database: copying it takes a third of laying one out."""
    _lay_out(postgres.new_database(postgresql_server, "template_site"))
    return "template_site"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A laid-out SQLite file."""
    file = tmp_path_factory.mktemp("template") / "cmdb.db"
    _lay_out(str(file))
    return file.read_bytes()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The path of a SQLite database that does not exist yet."""
    return str(tmp_path / "cmdb.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind, as `Store.connect` and `site.toml` take it."""
    return str(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def store(request: pytest.FixtureRequest, database: str) -> Any:
    """A `cmdb.store.Store` of either kind, laid out with every table of the four packages."""
    if not database.startswith("postgresql"):
        Path(database).write_bytes(request.getfixturevalue("sqlite_template"))
    return _connected(database)


@pytest.fixture
def sqlite_store(sqlite_database: str, sqlite_template: bytes) -> Any:
    """A laid-out store in a SQLite file, for what does not depend on the kind of database."""
    Path(sqlite_database).write_bytes(sqlite_template)
    return _connected(sqlite_database)


def _connected(database: str) -> Any:
    # Imported here so that tests of pure modules do not pay for SQLModel.
    for name in table_modules():
        importlib.import_module(name)
    return importlib.import_module("cmdb.store").Store.connect(database)


def _lay_out(database: str) -> None:
    _connected(database).create(site="0123456789abcdef", name="Test site")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of large sample data kept outside the repository."""
    named = os.environ.get("CMDB_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no sample data at {folder}; set CMDB_SHARED_DATA to its folder")
    return folder


class Keys:
    """One ed25519 key per person, made when first asked for. The folder serves as CMDB_KEYS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def private(self, person: str) -> Path:
        """The private key file of a person."""
        path = self.folder / person
        if not path.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", path],
                check=True,
                stdin=subprocess.DEVNULL,
            )
        return path

    def public(self, person: str) -> str:
        """The public key of a person, as `type base64`."""
        line = self.private(person).with_name(f"{person}.pub").read_text("ascii")
        return " ".join(line.split()[:2])

    def environ(self, *people: str) -> dict[str, str]:
        """The environment in which these people can sign."""
        for person in people:
            self.private(person)
        return {"CMDB_KEYS": str(self.folder)}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Ssh keys per person: `keys.private("a.vries")`, `keys.public(...)`, `keys.environ(...)`."""
    return Keys(tmp_path_factory.mktemp("keys"))
