"""A small site for tests: two switches behind a balancer, mail on top, a board of two, all controlled.

`a.vries` founded it and is the CM group; `k.chen` owns the devices and implements; `m.jansen`
manages mail and chairs the board; `p.ng` sits on it. Time is told by `NIGHT`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from baselines import checkin, decisions, establish, minutes
from baselines.library import Library
from baselines.model import Baseline
from baselines.vault import Vault
from ccb import board, calling, meetings, requests
from ccb.ballot import Board, Policy, Seat
from ccb.meeting import Minutes
from ccb.model import ChangeDraft, ChangeRequest, DownSet, ProposedChange, Window
from cmdb import items, people
from cmdb.model import Dependency, Group, Item, Person, PublicKey
from cmdb.store import Store
from tests.baselines import copies
from tests.conftest import Keys

FOUNDED = datetime(2026, 11, 1, 9, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)
WINDOW = Window(start=NIGHT, end=NIGHT + timedelta(hours=2))
PEOPLE = ("p.ng", "k.chen", "m.jansen")


@dataclass
class Port:
    """A site with everything under control, and the keys of its people."""

    library: Library
    keys: Keys
    root: str = ""

    @property
    def store(self) -> Store:
        """The database."""
        return self.library.store

    def raised(self, *changes: ProposedChange, **more: Any) -> ChangeRequest:
        """A request by k.chen for tonight, submitted."""
        content = {
            "title": "Replace sw-11",
            "reason": "end of support",
            "window": WINDOW,
            "backout": "put it back",
            "test": "ping",
            **more,
        }
        at = NIGHT - timedelta(days=1)
        request = requests.new(self.store, ChangeDraft(changes=changes, **content), actor="k.chen", at=at)
        return requests.submit(self.store, request.id, actor="k.chen", at=at)

    def approved(self, *changes: ProposedChange, **more: Any) -> ChangeRequest:
        """A request by k.chen that the board has approved."""
        request = self.raised(*changes, **more)
        return self.carried(request.id, "k.chen", ("p.ng", "m.jansen"), NIGHT - timedelta(hours=12))

    def carried(self, id: str, by: str, voters: tuple[str, ...], at: datetime) -> ChangeRequest:
        """Assess and refer a submitted request and have these people approve it."""
        requests.assess(self.store, id, actor=by, at=at)
        request = board.refer(self.store, id, actor=by, at=at)
        for voter in voters:
            key = self.keys.private(voter)
            act = board.vote(self.store, id, voter=voter, value="approve", key=key, at=at)
            request = decisions.enter(self.library, act, key=key, at=at)
        return request

    def minuted(self, *, at: datetime, topic: str = "Back-outs of last week") -> Minutes:
        """Minutes, signed by its chair, of a meeting of the port board that m.jansen opened and closed."""
        by: dict[str, Any] = {"actor": "m.jansen", "at": at}
        meeting = calling.call(self.store, board="port", planned_at=at, **by)
        calling.put_on(self.store, meeting.id, title=topic, **by)
        meetings.open_(self.store, meeting.id, **by)
        meetings.attend(self.store, meeting.id, ["p.ng"], **by)
        meetings.close(self.store, meeting.id, carry_over=True, **by)
        key = self.keys.private("m.jansen")
        return minutes.sign(self.library, meeting.id, by="m.jansen", key=key, at=at)

    def established(self, at: datetime = FOUNDED) -> Baseline:
        """Bring every candidate under control."""
        change = ProposedChange(
            record="scope",
            id="all",
            operation="bring under control",
            exact={"level": "baselined", "criterion": "carries a service"},
        )
        draft = ChangeDraft(kind="baseline", title="First baseline", reason="begin", changes=(change,))
        request = requests.new(self.store, draft, actor="a.vries", at=at)
        requests.submit(self.store, request.id, actor="a.vries", at=at)
        self.carried(request.id, "a.vries", ("a.vries",), at)
        key = self.keys.private("a.vries")
        return checkin.establish(self.library, request.id, actor="a.vries", key=key, at=at)


def set_model(model: str = "QFX5120", *opened: str, item: str = "sw-11") -> ProposedChange:
    """A change of the model of a switch."""
    return ProposedChange(record="item", id=item, operation="set", exact={"model": model}, open=tuple(opened))


def build(store: Store, path: Path, keys: Keys, *, anew: bool = False) -> Port:
    """Found the site in an empty store and bring its estate under control; `anew` copies no other."""
    with store.read() as uow:
        [(site, name)] = uow.rows("SELECT id, name FROM site")
    kept = copies.kept(store, keys.folder, f"{site} {name}")
    if kept and not anew:
        vault = kept.put_back(store, path)
        return _opened(Port(Library(store, vault), keys))
    library = Library(store, Vault.create(path))
    founder = Person(id="a.vries", name="Anna de Vries", login="anna")
    establish.found(library, founder=founder, key=keys.private("a.vries"), at=FOUNDED, name=name)
    port = Port(library, keys)
    _people(store, keys)
    _estate(store)
    port.established()
    if not anew:
        copies.keep(store, keys.folder, f"{site} {name}", path)
    return _opened(port)


def _opened(port: Port) -> Port:
    with port.store.read() as uow:
        port.root = str(uow.rows("SELECT root FROM site")[0][0])
    return port


def _people(store: Store, keys: Keys) -> None:
    for id in PEOPLE:
        person = Person(id=id, name=id.title(), keys=(PublicKey(text=keys.public(id)),))
        people.register(store, person, actor="a.vries", at=FOUNDED)
    for group in (
        Group(id="network", name="Network", lead="p.ng", members=("k.chen",)),
        Group(id="delivery", name="Delivery", lead="m.jansen"),
    ):
        people.register_group(store, group, actor="a.vries", at=FOUNDED)
    with store.write() as uow:
        seats = (Seat(person="m.jansen", group="delivery"), Seat(person="p.ng", group="network"))
        uow.add(Board(id="port", name="Port board", chair="m.jansen", members=seats))
        uow.add(Policy(id="port-change", name="Port", board="port", quorum=2, change_kind="normal"))
        uow.commit()


def _estate(store: Store) -> None:
    facts = {"model": "QFX5100", "serial": "X1"}
    for id, kind, owner in (
        ("sw-11", "network-device", "k.chen"),
        ("sw-12", "network-device", "k.chen"),
        ("lb-edge", "network-device", "k.chen"),
        ("mail", "service", "m.jansen"),
    ):
        device = Item(
            id=id,
            type=kind,
            name=id,
            owner=owner,
            group="network",
            characteristics=facts if kind != "service" else {},
        )
        items.register(store, device, actor="a.vries", at=FOUNDED)
    for dependency, need in (
        (Dependency(source="lb-edge", target="sw-11", group="uplink"), "1"),
        (Dependency(source="lb-edge", target="sw-12", group="uplink"), ""),
        (Dependency(source="mail", target="lb-edge"), ""),
    ):
        items.connect(store, dependency, need=need, actor="a.vries", at=FOUNDED)


def down(*ids: str) -> DownSet:
    """These items go down for ten minutes, half an hour at worst."""
    return DownSet(items=ids, expected=600, worst=1800)
