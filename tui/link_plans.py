"""What the forms about dependencies would do: connect, disconnect, the need of a redundancy group.

Source: rules.md 2, Dependency. See `tui.item_plans` for the rule every plan keeps.
"""

from ccb.model import ProposedChange
from cmdb import item_rules, items, tables_graph
from cmdb.errors import Invalid, NotFound
from cmdb.model import Dependency, RedundancyGroup
from cmdb.store import Store
from tui.item_planning import Ground, Plan, asked_for, refuse_direct
from tui.item_source import Sheet, Typed
from tui.views import FieldChange


def connect(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    """Record that an item needs another."""
    uow = ground.uow
    exact = {name: typed[name] for name in ("strength", "group") if typed[name]}
    link = Dependency(source=typed["source"], target=typed["target"], kind=typed["kind"], **exact)
    source = tables_graph.get_item(uow, link.source)
    row = FieldChange(link.source, "connect", f"{link.kind} {link.target}", "", _how(link, typed["need"]))
    if source.level != "draft":
        fields = {name: typed[name] for name in ("strength", "group", "need") if typed[name]}
        change = ProposedChange(
            record="dependency", id=link.source, target=link.target, kind=link.kind, operation="connect",
            exact=fields,
        )  # fmt: skip
        return asked_for(ground, sheet, typed, (change,), item=link.source)
    tables_graph.get_item(uow, link.target)
    for one in item_rules.rows_of(link):
        refuse_direct(ground, tables_graph.get_item(uow, one.source))
        if (one.target, one.kind) in [
            (old.target, old.kind) for old in tables_graph.dependencies_of(uow, one.source)
        ]:
            raise Invalid(f"{one.source} {one.kind} {one.target} is recorded already.", "See the tree: t.")
        item_rules.check_dependency(uow, one, need=typed["need"] if one is link else "")

    def write(store: Store) -> str:
        items.connect(store, link, need=typed["need"], actor=ground.actor, at=ground.at)
        return f"{link.source} {link.kind} {link.target}."

    undo = ("disconnect", link.source, link.target, link.kind)
    return Plan(diff=(row,), write=write, item=link.source, undo=undo)


def disconnect(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    """Take a dependency away."""
    uow = ground.uow
    gone = item_rules.one_dependency(uow, typed["source"], typed["target"], typed["kind"])
    groups = {one.name: one.need for one in tables_graph.groups_of(uow, gone.source)}
    need = groups.get(gone.group, "")
    source = tables_graph.get_item(uow, gone.source)
    if source.level != "draft":
        change = ProposedChange(
            record="dependency", id=gone.source, target=gone.target, kind=gone.kind, operation="disconnect"
        )
        return asked_for(ground, sheet, typed, (change,), item=gone.source)
    for one in item_rules.rows_of(gone):
        refuse_direct(ground, tables_graph.get_item(uow, one.source))
    row = FieldChange(gone.source, "disconnect", f"{gone.kind} {gone.target}", _how(gone, need), "")

    def write(store: Store) -> str:
        items.disconnect(store, gone.source, gone.target, kind=gone.kind, actor=ground.actor, at=ground.at)
        return f"{gone.source} no longer {gone.kind} {gone.target}."

    undo = ("connect", gone.source, gone.target, gone.kind, gone.strength, gone.group, need)
    return Plan(diff=(row,), write=write, item=gone.source, undo=undo)


def need(ground: Ground, sheet: Sheet, typed: Typed) -> Plan:
    """Change how many members of a redundancy group are needed."""
    uow = ground.uow
    group = RedundancyGroup(
        source=typed["source"], name=typed["group"], need=typed["need"], strength=typed["strength"]
    )
    source = tables_graph.get_item(uow, group.source)
    known = {one.name: one for one in tables_graph.groups_of(uow, group.source)}
    before = known.get(group.name)
    if before is None:
        raise NotFound(
            f"{group.source} has no redundancy group '{group.name}'.",
            f"It has: {', '.join(known) or 'none'}; 'connect' founds one.",
        )
    fields = {name: getattr(group, name) for name in ("need", "strength")}
    altered = {name: new for name, new in fields.items() if new != getattr(before, name)}
    if source.level != "draft":
        changes = (
            ProposedChange(
                record="redundancy group", id=group.source, group=group.name, operation="set group",
                exact=altered,
            ),
        ) if altered else ()  # fmt: skip
        return asked_for(ground, sheet, typed, changes, item=group.source)
    refuse_direct(ground, source)
    rows = tuple(
        FieldChange(f"{group.source}/{group.name}", "set group", name, getattr(before, name), new)
        for name, new in altered.items()
    )

    def write(store: Store) -> str:
        items.set_group(store, group, actor=ground.actor, at=ground.at)
        return f"{group.source} needs {group.need} of '{group.name}'."

    return Plan(diff=rows, write=write if altered else None, item=group.source)


def _how(link: Dependency, need: str) -> str:
    group = f", {link.group} needs {need or 'as many as it does'}" if link.group else ""
    return f"{link.strength}{group}"
