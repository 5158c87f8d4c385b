"""Verify and rebuild of a library with a long history: 10,000 baselines with 100,000 votes.

    python -m benchmarks.proving [FOLDER] [--baselines N]     10,000 when no number is given

The history is written as the product would have: every request with ten signed votes and a decision
in a record commit, then its check-in with a signed tag; only faster, a thousand commits to a pack.
The database is then made by `cmdb rebuild`, which proves every signature first. CPU seconds and peak
memory of whole processes; the floor is what `cryptography` needs for the same number of signatures.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from baselines import checkin, decisions, establish, whole_layout
from baselines.library import Library
from baselines.vault import Vault
from benchmarks import bulk
from benchmarks.histories import AT_ONCE, BEGAN, ITEMS, MEMBERS, SIGNATURES, History, Signer
from ccb import board, requests
from ccb.ballot import Board, Policy, Seat
from ccb.model import ChangeDraft, ProposedChange
from cmdb import canonical, items, people, signatures
from cmdb.model import Group, Item, Person, PublicKey
from cmdb.site import Site
from cmdb.site import write as write_site
from cmdb.store import Store


def build(folder: Path, baselines: int) -> Site:
    """Make a site whose library has so many baselines, with ten votes each; the database is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(path=folder, name="Bench")
    write_site(site)
    history = _begin(folder)
    for first in range(0, baselines, AT_ONCE):
        history.grow(first, min(AT_ONCE, baselines - first))
    vault = folder / "library.git"
    moves = "".join([f"update refs/heads/main {history.head}\n", *history.moves])
    git = ["git", f"--git-dir={vault}"]
    subprocess.run([*git, "update-ref", "--stdin"], input=moves.encode(), check=True)
    with Vault.open(vault) as opened, opened.locked() as lock:
        opened.tidy(lock=lock)
    (folder / "cmdb.db").unlink()
    for left in folder.glob("cmdb.db-*"):
        left.unlink()
    return site


def _begin(folder: Path) -> History:
    """Found the site and bring people, a board of ten and a thousand items under control."""
    names = ("founder", "owner", *MEMBERS)
    signers = {name: Signer(folder / "keys" / name) for name in names}
    (folder / "keys").mkdir()
    for one in signers.values():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", one.path], check=True)
    store = Store.connect(str(folder / "cmdb.db"))
    whole_layout.lay_out(store, site="bench", name="Bench")
    at, keys = BEGAN - timedelta(days=30), {name: signers[name].path for name in names}
    with Library(store, Vault.create(folder / "library.git")) as library:
        founder = Person(id="founder", name="Founder", login="founder")
        establish.found(library, founder=founder, key=keys["founder"], at=at, name="Bench")
        known = {name: Person(id=name, name=name, keys=_public(keys[name])) for name in names[1:]}
        policy, ten = _people(library.store, known, at)
        _items(library.store, at)
        _controlled(library, keys["founder"], at)
        head = library.vault.head()
        tree = library.vault.commit(head).tree
        with library.store.read() as uow:
            [(root, id)] = uow.rows("SELECT root, id FROM site")
        commits = len(list(library.vault.walk(head)))
        agreed = library.vault.contents(oid for _path, oid in library.vault.paths(head, "items/"))
        kept = [canonical.decode(data)[1] for data in agreed]
    store.engine.dispose()
    return History(
        folder=folder,
        site=id,
        root=root,
        policy=policy,
        board=ten,
        head=head,
        tree=tree,
        baseline=2,
        commits=commits,
        people=known,
        signers=signers,
        items={str(one["id"]): dict(one) for one in kept},
    )


def _people(store: Store, known: Mapping[str, Person], at: datetime) -> tuple[Policy, Board]:
    for person in known.values():
        people.register(store, person, actor="founder", at=at)
    group = Group(id="ops", name="Operations", lead="owner", members=MEMBERS)
    people.register_group(store, group, actor="founder", at=at)
    seats = tuple(Seat(person=one, group="ops") for one in MEMBERS)
    ten = Board(id="port", name="Board of ten", chair="m01", members=seats)
    policy = Policy(
        id="port-change", name="Ten of ten", board="port", quorum=len(MEMBERS), change_kind="normal"
    )
    with store.write() as uow:
        uow.add(ten)
        uow.add(policy)
        uow.commit()
    return policy, ten


def _items(store: Store, at: datetime) -> None:
    for place in range(ITEMS):
        item = Item(
            id=f"item-{place:04d}",
            type="network-device",
            name=f"Device {place}",
            owner="owner",
            group="ops",
            characteristics={"model": "M-0", "serial": f"X{place}"},
        )
        items.register(store, item, actor="founder", at=at)


def _controlled(library: Library, key: Path, at: datetime) -> None:
    scope = ProposedChange(
        record="scope",
        id="all",
        operation="bring under control",
        exact={"level": "baselined", "criterion": "carries a service"},
    )
    draft = ChangeDraft(kind="baseline", title="First baseline", reason="begin", changes=(scope,))
    by: dict[str, Any] = {"actor": "founder", "at": at}
    id = requests.new(library.store, draft, **by).id
    requests.submit(library.store, id, **by)
    requests.assess(library.store, id, **by)
    board.refer(library.store, id, **by)
    decisions.cast(library, id, voter="founder", value="approve", key=key, at=at)
    checkin.establish(library, id, key=key, **by)


def floor(folder: Path, count: int) -> float:
    """CPU seconds that checking so many signatures takes in memory."""
    signer = Signer(folder / "keys" / "m01")
    statement = b"x" * 600
    signature, keys = signer.sign(statement, "vote@cmdb"), [signatures.read_public_key(signer.path).text]
    began = time.process_time()
    for _turn in range(2_000):
        signatures.verify(statement, signature, namespace="vote@cmdb", keys=keys)
    return (time.process_time() - began) / 2_000 * count


def main() -> None:
    """Build, rebuild, verify from the first commit, verify again; print each."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("folder", nargs="?", type=Path)
    asked.add_argument("--baselines", type=int, default=10_000)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="cmdb-bench-") as temporary:
        folder = chosen.folder or Path(temporary)
        if not (folder / "library.git").exists():
            build(folder, chosen.baselines)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        shutil.rmtree(folder / "state", ignore_errors=True)
        least = floor(folder, chosen.baselines * SIGNATURES)
        print(f"floor: {chosen.baselines * SIGNATURES:,} signatures {least:6.1f} s of CPU", flush=True)
        command = [sys.executable, "-m", "tui", "--site", str(folder), "--as", "founder"]
        works = [
            ("verify", ["verify"]),
            ("verify again", ["verify"]),
            ("verify --again", ["verify", "--again"]),
        ]
        if not (folder / "cmdb.db").exists():
            works.insert(0, ("rebuild", ["rebuild", "--apply"]))
        for work, arguments in works:
            spent, memory = bulk.cpu([*command, *arguments])
            print(f"{work:<16} {spent:6.1f} s of CPU  {memory} MB  {spent / least:4.1f}x", flush=True)


def _public(path: Path) -> tuple[PublicKey, ...]:
    return (signatures.read_public_key(path).but(comment=""),)


if __name__ == "__main__":
    main()
