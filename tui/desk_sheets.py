"""The forms about items as they open: their lines filled from the items as they are now.

One function a verb; each reads inside the transaction it is given and never writes.
"""

from collections.abc import Callable, Mapping

from cmdb import tables_graph
from cmdb.model import Item
from cmdb.store import UnitOfWork
from tui import item_sheets
from tui.item_planning import known_type, seen_text
from tui.item_source import Sheet, Typed
from tui.present import listed

Make = Callable[[UnitOfWork, str, tuple[str, ...], Typed], Sheet]


def _register(uow: UnitOfWork, actor: str, _ids: tuple[str, ...], typed: Typed) -> Sheet:
    kind = typed.get("type", "")
    item = Item(id="x", type="item", name="x", owner=actor)
    blanks = item_sheets.item_blanks(item, known_type(uow, kind), new=True)
    start = {"id": "", "type": "", "name": ""}
    blanks = tuple(one._replace(value=start.get(one.name, one.value)) for one in blanks)
    return Sheet("register", (), "Register an item", blanks, seen=seen_text(item))


def _clone(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], typed: Typed) -> Sheet:
    item = tables_graph.get_item(uow, ids[0])
    kind = known_type(uow, typed.get("type", item.type))
    blanks = item_sheets.item_blanks(item.but(level="draft"), kind, new=True)
    blanks = (blanks[0]._replace(value=""), *blanks[1:], item_sheets.clone_blank())
    return Sheet(
        "clone", ids, f"Register an item like {item.id}", blanks, seen=seen_text(item.but(level="draft"))
    )


def _amend(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], typed: Typed) -> Sheet:
    item = tables_graph.get_item(uow, ids[0])
    kind = known_type(uow, typed.get("type", item.type))
    return Sheet("amend", ids, f"Change {item.id}", item_sheets.item_blanks(item, kind), seen=seen_text(item))


def _bare(verb: str, title: str) -> Make:
    def made(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
        tables_graph.get_item(uow, ids[0])
        return Sheet(verb, ids, title.format(id=listed(ids, 3)), ())

    return made


def _connect(_uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
    target = ids[1] if len(ids) > 1 else ""
    return Sheet("connect", ids[:1], f"Connect {ids[0]}", item_sheets.link_blanks(ids[0], target))


def _disconnect(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
    links = tables_graph.dependencies_of(uow, ids[0])
    target = ids[1] if len(ids) > 1 else ""
    pair = [one for one in links if one.target == target]
    if len(ids) > 1 and not pair:  # the tree may stand the other way round
        back = [one for one in tables_graph.dependencies_of(uow, target) if one.target == ids[0]]
        if back:
            ids, target, pair = (target, ids[0]), ids[0], back
    kind = pair[0].kind if len(pair) == 1 else ""
    return Sheet(
        "disconnect", ids[:1], f"Disconnect {ids[0]}", item_sheets.unlink_blanks(ids[0], target, kind)
    )


def _need(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
    groups = tables_graph.groups_of(uow, ids[0])
    first = groups[0] if groups else None
    fields = (first.name, first.need, first.strength) if first else ()
    return Sheet("need", ids[:1], f"What {ids[0]} needs of a group", item_sheets.need_blanks(ids[0], *fields))


def _hand_over(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
    tables_graph.get_item(uow, ids[0])
    return Sheet("hand over", ids, f"Hand over {listed(ids, 3)}", item_sheets.owner_blanks())


def _hold(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
    tables_graph.get_item(uow, ids[0])
    return Sheet("hold", ids, f"Put {listed(ids, 3)} on hold", item_sheets.hold_blanks())


def _state(uow: UnitOfWork, _actor: str, ids: tuple[str, ...], _typed: Typed) -> Sheet:
    tables_graph.get_item(uow, ids[0])
    now = str(uow.rows("SELECT operating FROM item WHERE id = ?", ids[0])[0][0])
    return Sheet("state", ids[:1], f"Operating state of {ids[0]}", item_sheets.state_blanks(now))


SHEETS: Mapping[str, Make] = {
    "register": _register,
    "clone": _clone,
    "amend": _amend,
    "retire": _bare("retire", "Retire {id}"),
    "remove": _bare("remove", "Delete {id}"),
    "hand over": _hand_over,
    "connect": _connect,
    "disconnect": _disconnect,
    "need": _need,
    "hold": _hold,
    "state": _state,
}
