"""What the library of another organisation holds, as a file an import reads: to hold it against ours.

Only what both sides can mean: what an item is, its state and its characteristics, and what it needs. Who
owns it over there, by which criterion and in which groups is their own affair.
Source: rules.md 10, Physical audit, another organisation's library.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from baselines import held
from baselines.vault import Vault
from baselines.vault_mirror import mirrored
from cmdb.errors import Invalid, NotFound
from cmdb.model import shown
from tui import export_sheets, sheets

_ITEM = ("id", "type", "name", "status")


@contextmanager
def compared(file: Path | None, library: str, kind: str, baseline: str) -> Iterator[Path]:
    """What is held against the records: an export, or what a library holds. Raises Invalid for neither."""
    if (file is None) == (not library) or (baseline and not library):
        raise Invalid(
            "A physical audit needs an export of what is there, or a library: one of the two.",
            "Name the file, or --library WHERE [--of BL]; 'cmdb audit physical --help' shows both.",
        )
    if file is not None:
        yield file
        return
    with written(library, kind, baseline) as made:
        yield made


@contextmanager
def written(source: str, kind: str, baseline: str = "") -> Iterator[Path]:
    """A file of the items or dependencies of a library, in native columns; it is gone afterwards.

    `source` is a directory or a URL of git, `baseline` one of its own, else its newest commit. Raises
    Refused when git cannot reach it or it is no library, NotFound for a baseline it has not.
    """
    with mirrored(source) as vault, TemporaryDirectory(prefix="cmdb-elsewhere-") as folder:
        commit = _commit(vault, source, baseline)
        file = Path(folder) / f"{Path(source.rstrip('/')).name or 'library'}@{baseline or commit[:12]}"
        with file.open("w", encoding="utf-8", newline="") as out:
            if kind == "items":
                names = sorted(
                    {
                        name
                        for one in held.records(vault, commit, "item")
                        for name in one.get("characteristics", ())
                    }
                )
                sheets.write(
                    out,
                    (*_ITEM, *names),
                    (
                        [*(one.get(name, "") for name in _ITEM), *export_sheets.facts(one, names)]
                        for one in held.records(vault, commit, "item")
                    ),
                )
            else:
                rows = (
                    row for one in held.records(vault, commit, "item") for row in export_sheets.needs(one)
                )
                sheets.write(out, export_sheets.NEEDS, rows)
        yield file


def _commit(vault: Vault, source: str, baseline: str) -> str:
    if not baseline:
        return vault.head()
    tag = vault.tags().get(baseline.upper())
    if tag is None:
        raise NotFound(
            f"{shown(source)} has no baseline {shown(baseline)}.",
            f"See which it has: 'git -C {shown(source)} tag'.",
        )
    return vault.tag(tag).object
