"""A small harbour, as candidates in a real store: tests of reading and impact ask about it."""

from typing import Any

from cmdb import tables_graph, types
from cmdb.model import Contact, Dependency, Group, Item, Party, Person, RedundancyGroup
from cmdb.store import Store

PEOPLE = {"a.vries": "Anna de Vries", "r.bakker": "Rob Bakker", "k.chen": "Kim Chen"}
ITEMS = {
    # id: type, name, owner, status
    "berths": ("service", "Berth booking", "a.vries", "in service"),
    "mail": ("service", "Mail", "r.bakker", "in service"),
    "radar": ("service", "Radar picture", "a.vries", "in service"),
    "booking-app": ("application", "Booking application", "a.vries", "in service"),
    "web-1": ("server", "Web server 1", "k.chen", "in service"),
    "web-2": ("server", "Web server 2", "k.chen", "in service"),
    "db-1": ("database", "Booking database", "r.bakker", "in service"),
    "sw-11": ("network-device", "Core switch 11", "k.chen", "in service"),
    "sw-12": ("network-device", "Core switch 12", "k.chen", "in service"),
    "old-radar": ("hardware", "Old radar head", "k.chen", "retired"),
    "manual": ("document", "Manual of the switch", "k.chen", "in service"),
}
GROUPS = {("booking-app", "web"): "1", ("mail", "uplink"): "1"}
NEEDS = (
    # source, target, kind, strength, group
    ("berths", "booking-app", "uses", "hard", ""),
    ("booking-app", "web-1", "runs on", "hard", "web"),
    ("booking-app", "web-2", "runs on", "hard", "web"),
    ("booking-app", "db-1", "uses", "hard", ""),
    ("web-1", "sw-11", "uses", "hard", ""),
    ("web-2", "sw-12", "uses", "hard", ""),
    ("db-1", "sw-12", "uses", "soft", ""),
    ("mail", "sw-11", "uses", "hard", "uplink"),
    ("mail", "sw-12", "uses", "hard", "uplink"),
    ("radar", "old-radar", "uses", "hard", ""),
    ("radar", "sw-11", "uses", "soft", ""),
    ("manual", "sw-11", "documents", "hard", ""),
)


def settle(store: Store) -> Store:
    """Put the harbour into a laid-out store."""
    with store.write() as uow:
        for person, name in PEOPLE.items():
            uow.add(Person(id=person, name=name, email=f"{person}@harbour.example"))
        uow.add(Group(id="network", name="Network team", lead="k.chen", email="network@harbour.example"))
        contact = Contact(name="Desk", email="desk@cables.example")
        uow.add(Party(id="cables", name="Cables Ltd", kind="supplier", contacts=(contact,)))
        types.found(uow, level="draft")
        for item, (kind, name, owner, status) in ITEMS.items():
            more: dict[str, Any] = {"group": "network", "party": "cables"} if item == "sw-11" else {}
            tables_graph.add_item(
                uow, Item(id=item, type=kind, name=name, owner=owner, status=status, **more)
            )
        for (source, name), need in GROUPS.items():
            tables_graph.put_group(uow, RedundancyGroup(source=source, name=name, need=need))
        for source, target, kind, strength, group in NEEDS:
            tables_graph.put_dependency(
                uow, Dependency(source=source, target=target, kind=kind, strength=strength, group=group)
            )
        uow.commit()
    return store
