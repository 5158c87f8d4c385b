"""What an action item, a review or hours of work may come from: a record, written as `kind:id`.

Which records there are is asked of their tables, also of floors above; nothing else is read of them.
A review or hours of work may be about the work of a key process area as well: `section:5.5`.
"""

from collections.abc import Mapping

from cmdb.errors import Invalid, NotFound
from cmdb.model import shown
from cmdb.store import UnitOfWork

TABLES: Mapping[str, str] = {
    "action": "action_item",
    "agreement": "agreement",
    "audit": "audit",
    "baseline": "baseline",
    "change": "change_request",
    "claim": "claim",
    "document": "document",
    "event": "event",
    "finding": "finding",
    "group": "people_group",
    "item": "item",
    "meeting": "meeting",
    "milestone": "milestone",
    "need": "customer_need",
    "outage": "outage",
    "party": "party",
    "person": "person",
    "review": "review",
}

SECTION = "section"
SECTIONS = ("5.1", "5.3", "5.4", "5.5", "5.6", "5.7")  # the key process areas records are held of


def known(uow: UnitOfWork, text: str, *, kinds: tuple[str, ...] = ()) -> str:
    """Give the record a text names, its id as it is kept: `change:cr-1` is `change:CR-1`.

    Raises Invalid for what names no record of these kinds (of any, when none is given), NotFound for one
    that does not exist.
    """
    kind, _, id = text.partition(":")
    allowed = kinds or tuple(TABLES)
    if kind == SECTION and (SECTION in kinds or not kinds):
        if id not in SECTIONS:
            raise NotFound(f"There is no section '{shown(id)}'.", f"Name one of {', '.join(SECTIONS)}.")
        return text
    if kind not in allowed or not id:
        raise Invalid(
            f"'{shown(text)}' names no record.",
            f"Write kind:id, such as change:CR-1; a kind is one of {', '.join(allowed)}.",
        )
    for name in dict.fromkeys((id, id.upper())):
        if uow.rows(f'SELECT 1 FROM "{TABLES[kind]}" WHERE id = ?', name):
            return f"{kind}:{name}"
    raise NotFound(f"There is no {kind} '{shown(id)}'.", "Check the id; nothing was written.")
