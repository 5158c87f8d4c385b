"""A small estate under control, with people who hold keys, a site board and its policies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ccb import board, requests
from ccb.ballot import Board, Policy, Seat
from ccb.model import ChangeDraft, ChangeRequest, DownSet, ProposedChange, Window
from ccb.signing import Act
from cmdb import tables_graph, types
from cmdb.model import Dependency, Group, Item, Person, PublicKey, RoleGrant
from cmdb.store import Store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TONIGHT = Window(start=datetime(2026, 11, 22, 22, tzinfo=UTC), end=datetime(2026, 11, 23, tzinfo=UTC))
PEOPLE = {
    "a.vries": "Anna de Vries",
    "m.jansen": "Maud Jansen",
    "s.berg": "Sam Berg",
    "p.ng": "Pia Ng",
    "k.chen": "Kim Chen",
    "r.bakker": "Rob Bakker",
    "o.owner": "Olga Owner",
}
GROUPS = {"cm-group": ("a.vries", ()), "ops": ("m.jansen", ("p.ng",)), "apps": ("s.berg", ())}
ITEMS = {
    "mail": ("service", "Mail", "o.owner"),
    "mail-app": ("application", "Mail application", "o.owner"),
    "sw-11": ("network-device", "Core switch 11", "k.chen"),
    "sw-12": ("network-device", "Core switch 12", "r.bakker"),
}
NEEDS = (("mail", "mail-app"), ("mail-app", "sw-11"))
BOARD = Board(
    id="site",
    name="Site board",
    chair="a.vries",
    members=(
        Seat(person="a.vries", group="cm-group"),
        Seat(person="m.jansen", group="ops"),
        Seat(person="s.berg", group="apps"),
    ),
    level="baselined",
)
POLICY = Policy(id="site-change", name="Changes", board="site", quorum=2, level="baselined")
BASELINE = Policy(
    id="site-baseline",
    name="Baselines",
    board="site",
    decision="baseline",
    quorum=1,
    four_eyes=False,
    level="baselined",
)
SWAP = ChangeDraft(
    title="Replace core switch sw-12",
    reason="end of support",
    implementer="k.chen",
    window=TONIGHT,
    changes=(
        ProposedChange(
            record="item", id="sw-12", operation="set", exact={"model": "QFX5120"}, open=("serial",)
        ),
    ),
    backout="put the old one back",
    test="ping matrix",
)


@dataclass
class Quay:
    """The store with everything in it, and short ways to act in it."""

    store: Store
    keys: Any
    now: datetime = NOW

    def raised(
        self, draft: ChangeDraft = SWAP, *, by: str = "r.bakker", to: str = "under review"
    ) -> ChangeRequest:
        """A request taken to a state on the way to the board."""
        request = requests.new(self.store, draft, actor=by, at=self.now)
        steps: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("submitted", lambda: requests.submit(self.store, request.id, actor=by, at=self.now)),
            ("assessed", lambda: requests.assess(self.store, request.id, actor=by, at=self.now)),
            ("under review", lambda: board.refer(self.store, request.id, actor=by, at=self.now)),
        )
        for state, step in steps if to != "draft" else ():
            step()
            if state == to:
                break
        return self.request(request.id)

    def request(self, id: str) -> ChangeRequest:
        with self.store.read() as uow:
            return requests.find(uow, id)

    def enter(self, act: Act, *, at: datetime | None = None) -> ChangeRequest:
        with self.store.write() as uow:
            request = board.enter(uow, act, at=at or self.now)
            uow.commit()
        return request

    def vote(self, id: str, voter: str, value: str = "approve", **more: Any) -> ChangeRequest:
        key = self.keys.private(more.pop("key_of", voter))
        if value == "reject":
            more.setdefault("reason", "too risky")
        return self.enter(board.vote(self.store, id, voter=voter, value=value, key=key, at=self.now, **more))

    def approved(self, draft: ChangeDraft = SWAP, *, by: str = "r.bakker") -> ChangeRequest:
        """A request that two members of the board approved."""
        request = self.raised(draft, by=by)
        self.vote(request.id, "a.vries")
        ballot = board.current_ballot(self.store, request.id, at=self.now)
        for person in ballot.consenters:
            if person in ballot.outcome.missing:
                self.vote(request.id, person)
        if self.request(request.id).state == "under review":
            self.vote(request.id, "m.jansen")
        return self.request(request.id)

    def set_item(self, id: str, **fields: Any) -> None:
        """Change an item's record behind everybody's back, as another check-in would."""
        with self.store.write() as uow:
            tables_graph.put_item(uow, tables_graph.get_item(uow, id).but(**fields))
            uow.commit()

    def later(self, **more: float) -> datetime:
        self.now = self.now + timedelta(**more)
        return self.now


def built(store: Store, keys: Any) -> Quay:
    with store.write() as uow:
        uow.rows("UPDATE site SET root = ?", "0123456789abcdef0123456789abcdef01234567")
        for id, name in PEOPLE.items():
            key = PublicKey(text=keys.public(id), comment=id)
            uow.add(Person(id=id, name=name, keys=(key,), level="baselined"))
        for id, (lead, members) in GROUPS.items():
            uow.add(Group(id=id, name=id, lead=lead, members=members, level="baselined"))
        uow.add(RoleGrant(id="cm", person="a.vries", role="configuration manager", start=NOW))
        types.found(uow, level="baselined")
        for id, (kind, name, owner) in ITEMS.items():
            uow_item = Item(
                id=id, type=kind, name=name, owner=owner, level="baselined", criterion="carries a service"
            )
            tables_graph.add_item(uow, uow_item)
        for source, target in NEEDS:
            tables_graph.put_dependency(uow, Dependency(source=source, target=target))
        for value in (BOARD, POLICY, BASELINE):
            uow.add(value)
        uow.commit()
    return Quay(store=store, keys=keys)


OUTAGE = SWAP.but(
    title="Replace core switch sw-11",
    changes=(ProposedChange(record="item", id="sw-11", operation="set", exact={"model": "QFX5120"}),),
    down=DownSet(items=("sw-11",), expected=2280, worst=5400),
)
