"""What was proved before, remembered outside the site: so that an end cut off is seen.

Whoever writes the site writes all of it; the account that proves it keeps, elsewhere, the root, the
head of the library and the head of the journal it saw last. Nothing here reads a file.
Source: rules.md 7, Verify.
"""

import json
import re
from dataclasses import MISSING, dataclass, fields
from typing import Any

from cmdb import journal
from cmdb.errors import Corrupt
from cmdb.model import Value
from cmdb.store import UnitOfWork

_OBJECT = re.compile(r"[0-9a-f]{40}")
REBUILD = "library rebuild"  # the acts that take a library over, as the journal names them
FORWARD = "library forward"
AGAIN = (
    "If somebody put a backup back on purpose, let them say so, and have everything proved again with"
    " 'cmdb verify --again'; else keep both stores untouched."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved(Value):
    """What somebody proved before: its root, its head and how much.

    `journal` and `entry` are the number and hash of the newest journal entry then, `gaps` how many
    parts of the journal had been lost with an earlier database. Zero: proved by an older program.
    `rows` is a digest of the decisions up to the head and of what they counted, as the database has them.
    """

    root: str
    head: str
    baselines: int = 0
    changes: int = 0
    votes: int = 0
    alone: int = 0
    journal: int = 0
    entry: str = ""
    gaps: int = 0
    rows: str = ""


def remember(text: str, site: str, proved: Proved) -> str:
    """The file of what was proved, with this site's newest proof in it. JSON by site id. Raises Corrupt."""
    known = _read(text)
    known[site] = {one.name: getattr(proved, one.name) for one in fields(Proved)}
    return json.dumps(known, indent=2, sort_keys=True) + "\n"


def recall(text: str, site: str) -> Proved | None:
    """What was proved before of a site, from the file of what was proved. Raises Corrupt when damaged."""
    known = _read(text).get(site)
    if known is None:
        return None
    expected = {one.name: type(one.default) if one.default is not MISSING else str for one in fields(Proved)}
    # a newer program may have remembered more
    own = {name: known[name] for name in expected if name in known} if isinstance(known, dict) else {}
    right = all(type(content) is expected[name] for name, content in own.items())
    if not right or not all(_OBJECT.fullmatch(own.get(name, "")) for name in ("root", "head")):
        raise _damaged()
    return Proved(**own)


def _read(text: str) -> dict[str, Any]:
    try:
        known = json.loads(text) if text.strip() else {}
    except ValueError as wrong:
        raise _damaged() from wrong
    if not isinstance(known, dict):
        raise _damaged()
    return known


def _damaged() -> Corrupt:
    return Corrupt(
        "What was proved before on this account cannot be read: its file is damaged.",
        "Move cmdb/proved.json aside, which is in XDG_STATE_HOME or ~/.local/state, and prove everything"
        " from the root you were given: 'cmdb verify --root ID'.",
    )


def gaps_in(uow: UnitOfWork) -> int:
    """How often the journal says that a part of it was lost with an earlier database."""
    rows = uow.rows("SELECT COUNT(*) FROM journal WHERE action IN (?, ?)", REBUILD, FORWARD)
    return int(rows[0][0])


def journal_problem(uow: UnitOfWork, remembered: Proved | None) -> str:
    """Say that the journal does not go on from what was seen of it here before; empty when it does.

    A part lost since with its database is a gap that whoever took the library over has recorded.
    """
    if remembered is None or not remembered.journal or gaps_in(uow) > remembered.gaps:
        return ""
    if journal.hash_at(uow, remembered.journal) == remembered.entry:
        return ""
    newest, _hash = journal.head(uow)
    if newest < remembered.journal:
        return (
            f"The journal was seen here up to entry {remembered.journal:,} and now ends at {newest:,}:"
            " its end was cut off, or an older database was put in its place."
        )
    return f"The journal was rewritten: entry {remembered.journal:,} is not the one that was seen here."
