"""A person at a terminal: types command lines, reads what they print, on a clock moved by hand."""

import io
import json
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from baselines.vault import Vault
from tui.cli import run

DATABASE = "cmdb.db"


class Answer(NamedTuple):
    """What a command line printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Everything a person sees."""
        return self.out + self.err

    @property
    def json(self) -> Any:
        """The answer for programs."""
        return json.loads(self.out)


@dataclass
class Terminal:
    """A site, the keys of its people and the time."""

    site: Path
    keys: Path
    now: str = "2026-11-22T22:52:00Z"
    person: str = ""

    def types(self, line: str, *more: str) -> Answer:
        """Run `cmdb LINE`, with `more` as further arguments that are not split."""
        environ = {
            "CMDB_SITE": str(self.site),
            "CMDB_KEYS": str(self.keys),
            "CMDB_NOW": self.now,
            "CMDB_PERSON": self.person,
            "XDG_STATE_HOME": str(self.site.with_name(self.site.name + "-state")),
        }
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            code = run([*shlex.split(line), *more], environ)
        return Answer(code, out.getvalue(), err.getvalue())

    def does(self, line: str, *more: str) -> str:
        """Run a command that must succeed; give what it answered."""
        answer = self.types(line, *more)
        assert answer.code == 0, f"cmdb {line}: {answer}"
        return answer.out

    def refused(self, line: str, *more: str, code: int, says: str) -> Answer:
        """Run a command that must be refused with a reason and a remedy, and change nothing."""
        before = self.state()
        answer = self.types(line, *more)
        assert answer.code == code, f"cmdb {line}: {answer}"
        assert self.state() == before, f"cmdb {line}: refused, but something changed"
        assert says in answer.err, f"cmdb {line}: {answer.err}"
        sentences = [one for one in answer.err.splitlines() if one.strip()]
        assert len(sentences) >= 2, f"no remedy: {answer.err}"
        assert not sentences[-1].startswith("  -"), f"no remedy: {answer.err}"
        assert "Traceback" not in answer.err
        return answer

    def as_(self, person: str) -> "Terminal":
        """The same terminal with somebody else at it."""
        return Terminal(self.site, self.keys, self.now, person)

    def at(self, now: str) -> "Terminal":
        """The same terminal later."""
        return Terminal(self.site, self.keys, now, self.person)

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Hold every row of the database and every ref of the library equal before and after."""
        before = self.state()
        yield
        assert self.state() == before

    def state(self) -> tuple[Any, ...]:
        """Everything the site holds: all rows of all tables, and where the library's refs stand."""
        if not (self.site / DATABASE).exists():
            return (sorted(self.site.iterdir()) if self.site.is_dir() else None,)
        with closing(sqlite3.connect(self.site / DATABASE)) as database:
            tables = [
                row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            rows = {name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"'))) for name in tables}
        refs = sorted(
            (str(path.relative_to(self.site)), path.read_text())
            for path in (self.site / "library.git" / "refs").rglob("*")
            if path.is_file()
        )
        return rows, refs, (self.site / "library.git" / "HEAD").read_text()

    def copy(self, folder: Path) -> "Terminal":
        """The same site somewhere else, with nothing remembered about it."""
        shutil.copytree(self.site, folder, ignore=shutil.ignore_patterns("keys", "state", "work"))
        return Terminal(folder, self.keys, self.now, self.person)

    def tamper(self, sql: str, *parameters: Any) -> None:
        """Change the database behind everybody's back."""
        with closing(sqlite3.connect(self.site / DATABASE)) as database:
            assert database.execute(sql, parameters).rowcount == 1
            database.commit()

    def vault(self) -> Vault:
        """The library, opened beside the product."""
        return Vault.open(self.site / "library.git")


def vote_all(terminal: Terminal, request: str, *people: str) -> str:
    """Have these people approve; give the last answer."""
    said = ""
    for person in people:
        said = terminal.as_(person).does(f"vote {request} approve")
    return said
