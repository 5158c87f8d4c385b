"""Small sites and values for tests, made through the same use cases as real ones."""

from datetime import UTC, datetime
from typing import Any

from cmdb import types
from cmdb.model import Dependency, Item, Person, RoleGrant

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def item(id: str, **more: Any) -> Item:
    """A candidate in service, owned by the founder."""
    return Item(**{"id": id, "type": "server", "name": id.upper(), "owner": "a.vries", **more})


def needs(source: str, target: str, **more: Any) -> Dependency:
    """A hard dependency, unless said otherwise."""
    return Dependency(source=source, target=target, **more)


def found(store: Any) -> Any:
    """Give a store the starter types, a configuration manager `a.vries` and an engineer `k.chen`."""
    with store.write() as uow:
        types.found(uow, level="draft")
        uow.add(Person(id="a.vries", name="Anna de Vries", login="anna"))
        uow.add(Person(id="k.chen", name="Kai Chen"))
        uow.add(Person(id="r.gone", name="Rik Gone", active=False))
        uow.add(RoleGrant(id="g-1", person="a.vries", role="configuration manager", start=AT))
        uow.add(RoleGrant(id="g-2", person="k.chen", role="service engineer", start=AT))
        uow.commit()
    return store
