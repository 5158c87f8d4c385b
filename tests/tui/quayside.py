"""A real site on disk for the app: the quay of the board's tests, with its library and its site.toml."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from baselines import establish
from baselines.library import Library
from baselines.vault import Vault
from ccb import board, requests
from ccb.ballot import Policy
from ccb.model import ChangeDraft, DownSet, ProposedChange, Window
from cmdb import agreements, tables_graph
from cmdb import site as sites
from cmdb.commitments import ServiceCommitment
from cmdb.model import Dependency, Group, Item, Party, Person, PublicKey, RoleGrant
from cmdb.promises import ServiceAgreement
from cmdb.site import Site
from cmdb.store import Store
from tests.ccb import quay
from tui.desk import Desk
from tui.reads import FastSite

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TONIGHT = Window(start=datetime(2026, 11, 22, 22, tzinfo=UTC), end=datetime(2026, 11, 23, tzinfo=UTC))
SWAP = ChangeDraft(
    title="Replace core switch sw-11",
    reason="end of support",
    implementer="k.chen",
    window=TONIGHT,
    down=DownSet(items=("sw-11",), expected=2280, worst=5400),
    changes=(
        ProposedChange(
            record="item", id="sw-11", operation="set", exact={"model": "QFX5120"}, open=("serial",)
        ),
    ),
    backout="put sw-11 back, 12 min, tried 14 Nov",
    test="ping matrix",
)
PATCH = SWAP.but(
    title="New firmware for sw-12",
    down=None,
    changes=(ProposedChange(record="item", id="sw-12", operation="set", exact={"firmware": "22.4"}),),
)


class Clock:
    """The site's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)


class Quayside:
    """The site, its keys, and the sources of the app for anybody who works here."""

    def __init__(self, site: Site, keys: Any) -> None:
        self.site, self.keys, self.clock = site, keys, Clock()
        self.desks: list[Desk] = []

    def fast(self, person: str) -> FastSite:
        return FastSite(self.site, person, self.clock)

    def desk(self, person: str) -> Desk:
        environ = {**self.keys.environ(person), "XDG_STATE_HOME": str(self.site.path.parent / "state")}
        made = Desk(self.site, person, self.clock, environ)
        self.desks.append(made)
        return made

    def close(self) -> None:
        for one in self.desks:
            one.close()

    def raised(self, draft: ChangeDraft = SWAP, *, by: str = "r.bakker", to: str = "under review") -> str:
        """A request taken to a state on the way to the board; gives its id."""
        desk = self.desk(by)
        id = requests.new(desk.store, draft, actor=by, at=self.clock()).id
        steps: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("submitted", lambda: requests.submit(desk.store, id, actor=by, at=self.clock())),
            ("assessed", lambda: requests.assess(desk.store, id, actor=by, at=self.clock())),
            ("under review", lambda: board.refer(desk.store, id, actor=by, at=self.clock())),
        )
        for state, step in steps if to != "draft" else ():
            step()
            if state == to:
                break
        return id


def built(folder: Path, keys: Any, database: str = "") -> Quayside:
    """Make the site, with its database in the folder or at the URL given."""
    folder.mkdir(parents=True, exist_ok=True)
    at = {"database": database} if database else {}
    site = Site(path=folder, name="quayside", zone="Europe/Amsterdam", test_clock=True, **at)
    sites.write(site)
    store = Store.connect(site.url)
    store.create(site="0123456789abcdef", name="quayside")
    founder = Person(id="a.vries", name="Anna de Vries", login="anna")
    with Library(store, Vault.create(site.library)) as library:
        establish.found(library, founder=founder, key=keys.private("a.vries"), at=NOW, name="quayside")
        _settle_in(store, keys)
    return Quayside(site, keys)


def _settle_in(store: Store, keys: Any) -> None:
    with store.write() as uow:
        for id, name in quay.PEOPLE.items():
            person = Person(
                id=id, name=name, keys=(PublicKey(text=keys.public(id), comment=id),), level="baselined"
            )
            if uow.find(Person, id) is None:
                uow.add(person)
        for id, (lead, members) in quay.GROUPS.items():
            if uow.find(Group, id) is None:
                uow.add(Group(id=id, name=id, lead=lead, members=members, level="baselined"))
        uow.add(RoleGrant(id="cm-a", person="a.vries", role="configuration manager", start=NOW))
        uow.replace(quay.BOARD)
        uow.replace(uow.get(Policy, "site-change").but(quorum=2, four_eyes=True))
        for id, (kind, name, owner) in quay.ITEMS.items():
            tables_graph.add_item(
                uow,
                Item(
                    id=id, type=kind, name=name, owner=owner, level="baselined", criterion="carries a service"
                ),
            )
        for source, target in quay.NEEDS:
            tables_graph.put_dependency(uow, Dependency(source=source, target=target))
        uow.add(Party(id="acme", name="ACME"))
        uow.commit()
    agreements.register(
        store,
        ServiceAgreement(
            id="acme-mail",
            title="Mail for ACME",
            customer="acme",
            start=datetime(2026, 1, 1, tzinfo=UTC),
            zone="Europe/Amsterdam",
            services=("mail",),
            commitments=(ServiceCommitment(id="availability", service="mail", target=Decimal("99.9")),),
            manager="m.jansen",
            state="published",
        ),
        actor="a.vries",
        at=NOW,
    )
