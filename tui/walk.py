"""A walk through the program: commands of one person after another, at fixed moments, each printed.

Everything is done through the same commands a person types; nothing is prepared behind their back.
"""

import csv
import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from cmdb.errors import NotFound
from tui import printing
from tui.context import Invocation


def examples() -> Path:
    """The folder of the sample estate: beside the sources, or inside the installed package."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent / "examples" / "westhaven", here / "examples" / "westhaven"):
        if folder.is_dir():
            return folder
    raise NotFound("The sample estate is not installed.", "Install the program again.")


class Astray(Exception):
    """A command of the demo answered otherwise than it should."""


class Walk:
    """Runs commands as one person after another at fixed moments, and prints them."""

    def __init__(self, site: Path, files: Path, invocation: Invocation, *, person: str, now: str) -> None:
        self.site = site
        self.files = files
        self.keys = site / "keys"
        self.now = now
        self.person = person
        self._run = invocation.run
        self.environ = {
            name: value for name, value in invocation.environ.items() if not name.startswith("CMDB_")
        } | {
            "CMDB_SITE": str(site),
            "CMDB_KEYS": str(self.keys),
            "XDG_STATE_HOME": str(site / "state"),
        }

    def say(self, heading: str, *words: str) -> None:
        """Print what comes next."""
        printing.put()
        printing.put(f"== {heading}")
        for one in words:
            printing.put(f"   {one}")

    def run(self, *arguments: str, expect: int = 0, site: Path | None = None, brief: bool = False) -> None:
        """Run one command line and print it; it must end as expected. `brief`: its first line only."""
        told = [one if " " not in one else f"'{one}'" for one in arguments]
        printing.put(f"\n{self.person}$ cmdb {' '.join(told)}")
        environ = {**self.environ, "CMDB_NOW": self.now, "CMDB_PERSON": self.person}
        if site is not None:
            environ["CMDB_SITE"] = str(site)
        sys.stdout.flush()
        if brief:
            with redirect_stdout(io.StringIO()) as told_all:
                code = self._run(arguments, environ)
            printing.put(told_all.getvalue().partition("\n")[0])
        else:
            code = self._run(arguments, environ)
        if code != expect:
            raise Astray(f"'cmdb {' '.join(arguments)}' ended with {code}, not {expect}.")

    def each(self, one: str, several: str, rows: Sequence[tuple[str, ...]]) -> None:
        """Run many commands of one kind, which is named; only the first is printed in full."""
        environ = {**self.environ, "CMDB_NOW": self.now, "CMDB_PERSON": self.person}
        for number, arguments in enumerate(rows):
            if number == 0:
                self.run(*arguments)
                continue
            with redirect_stdout(io.StringIO()):
                code = self._run(arguments, environ)
            if code:
                raise Astray(f"'cmdb {' '.join(arguments)}' ended with {code}, not 0.")
        if len(rows) > 1:
            printing.put(f"   ... and {len(rows) - 1} more {one if len(rows) == 2 else several}")

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a sample file."""
        with (self.files / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def file(self, name: str) -> str:
        """The path of a sample file."""
        return str(self.files / name)
