"""A site is a directory: `site.toml`, the database and `library.git`. Finding one, describing one.

The command line says where to look (`--site`, then CMDB_SITE, then upward from the current
directory); this module never reads the environment or the clock itself. Source: rules.md 1.
"""

import json
import tomllib
from pathlib import Path
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cmdb.checks import check, name_problems, shown
from cmdb.errors import Invalid, NotFound, Refused

FILE = "site.toml"
DATABASE = "cmdb.db"
LIBRARY = "library.git"

_SERVERS = ("postgresql://", "postgres://")


class _Entries(NamedTuple):
    path: Path
    name: str
    zone: str = "UTC"
    database: str = ""
    test_clock: bool = False
    production: bool = False
    theme: str = ""


class Site(_Entries):
    """Where a site is and how it is set up. `database` is a file path or a PostgreSQL URL.

    `production` marks the one that counts; `theme` are the colours of the app where nobody chose others.
    Raises Invalid when it is made with a name, a zone or a database that cannot be.
    """

    # No dataclass, as other values are: what it takes to make one is a tenth of a short answer's time.
    __slots__ = ()

    def __new__(cls, *entries: Any, **named: Any) -> Self:
        """Make one, checked."""
        made = super().__new__(cls, *entries, **named)
        problems = name_problems("The name of the site", made.name)
        try:
            ZoneInfo(made.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
            problems.append(f"'{shown(made.zone)}' is no time zone; use a name such as Europe/Amsterdam.")
        if "://" in made.database and not made.database.startswith(_SERVERS):
            problems.append(
                f"The database '{shown(made.database)}' is of a kind that is not kept:"
                " give a path, or a URL that starts with postgresql://."
            )
        check("The site", problems)
        return made

    @property
    def library(self) -> Path:
        """The bare git repository that holds the baselines."""
        return self.path / LIBRARY

    @property
    def url(self) -> str:
        """What the store opens: the PostgreSQL URL, or the path of the SQLite file.

        A path that is not absolute starts at the site's directory.
        """
        if self.database.startswith(_SERVERS):
            return self.database
        return str(self.path / (self.database or DATABASE))


def find(start: Path, option: str | None, environment: str | None) -> Site:
    """Find the site: the option, else the environment's, else upward from `start`.

    Raises NotFound with how to make one.
    """
    named = option or environment
    if named:
        return read(Path(named))
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return read(folder)
    raise NotFound(
        f"There is no site in {start} or above it.",
        "Make one with 'cmdb init DIR', name one with --site DIR, or try 'cmdb demo'.",
    )


def read(folder: Path) -> Site:
    """Read the `site.toml` of a directory. Raises NotFound or Invalid."""
    file = folder / FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise NotFound(
            f"{folder} is no site: it has no {FILE}.",
            "Make one with 'cmdb init DIR', or name another with --site.",
        ) from missing
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as broken:
        raise Invalid(f"{file} cannot be read: {broken}.", "Mend the file; it is TOML in UTF-8.") from broken
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}.", "Check its permissions.") from fault
    problems = [f"{FILE} has an unknown entry '{key}'." for key in content if key not in _ENTRIES]
    problems += [
        f"{FILE}: '{key}' must be {'a table' if kind is dict else kind.__name__}."
        for key, kind in _ENTRIES.items()
        if key in content and not isinstance(content[key], kind)
    ]
    check(str(file), problems)
    return Site(
        path=folder.resolve(),
        name=content.get("name", folder.resolve().name),
        zone=content.get("zone", "UTC"),
        database=content.get("database", ""),
        test_clock=content.get("test_clock", False),
        production=content.get("production", False),
        theme=content.get("theme", ""),
    )


def write(site: Site) -> None:
    """Write `site.toml` into the site's directory, which must exist. Raises Refused when it holds one."""
    lines = [f"name = {json.dumps(site.name, ensure_ascii=False)}", f"zone = {json.dumps(site.zone)}"]
    if site.database:
        lines.append(f"database = {json.dumps(site.database, ensure_ascii=False)}")
    if site.test_clock:
        lines.append("test_clock = true")
    if site.production:
        lines.append("production = true")
    if site.theme:
        lines.append(f"theme = {json.dumps(site.theme, ensure_ascii=False)}")
    try:
        with (site.path / FILE).open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError as there:
        raise Refused(
            f"{site.path} is a site already.", "Choose another directory, or work on this one with --site."
        ) from there
    except OSError as fault:
        raise Refused(
            f"{site.path / FILE} cannot be written: {fault.strerror}.", "Check the directory's permissions."
        ) from fault


# What stands in `[mail]` and `[[report]]` is read by `cmdb.mail_settings` and `cmdb.report_settings`, by the
# few commands that need it.
_ENTRIES: dict[str, type] = {
    "name": str,
    "zone": str,
    "database": str,
    "test_clock": bool,
    "production": bool,
    "theme": str,
    "mail": dict,
    "report": list,
}
