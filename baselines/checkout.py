"""Checking out the records of an approved request: exclusive, for a while, with a working directory.

    check_out(library, id, *, folder, actor, at) -> Checkout      renew / give_back / steal
    outstanding(uow) -> tuple[Checkout, ...]                       what is checked out now
    holders(uow, paths, *, at) -> list[str]                        who stands in the way, in words

Every record named and the source of every dependency is taken. A lease ends by itself: the next
who wants the record ends it, and the work in the directory is kept. Source: rules.md 7, Check-out.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from baselines import attached, tables, workdir
from baselines.library import Library, settled
from baselines.model import Checkout, Lease
from ccb import authorisation, examination, extension, proposal, requests
from ccb.extension import Extension
from ccb.model import REPLACE, ChangeRequest, ProposedChange
from ccb.proposal import Fields, Key
from ccb.standing import active_person
from cmdb import canonical, holds, journal, records
from cmdb.errors import Invalid, Refused
from cmdb.roles import require
from cmdb.store import UnitOfWork

IN_THE_WAY = "Ask them to give it back or to lift it; 'cmdb check-out' lists what is checked out until when."
GRACE = timedelta(days=1)  # a lease lasts until a day after the window, or a day without a window


def check_out(library: Library, id: str, *, folder: Path | None = None, actor: str, at: datetime) -> Checkout:
    """Take every record an approved request names, and write its working directory, if one is named.

    The authorisation is read again and the assessment computed again: what moved materially is
    refused with the difference. Raises Refused with everybody who stands in the way.
    """
    with library.store.write() as uow:
        settled(library, uow)
        request = requests.find(uow, id)
        if request.kind == "release":
            raise Refused(
                f"{request.id} releases a product, and there is nothing to check out.",
                f"Build it: 'cmdb release build {request.id} --to FILE --apply'.",
            )
        authorisation.authorised(uow, request, at=at)
        wanted = keys_of(request)
        expired = _expired_in_the_way(uow, wanted, at)
        for one in expired:
            _end(uow, one, actor=one.person, at=at, action="expire", reason="the lease expired")
        in_the_way = holders(uow, wanted, at=at)
        request = requests.move(
            uow, request, "check out", actor=actor, at=at, problems=tuple(in_the_way), lift=IN_THE_WAY
        )
        requests.put(uow, request, action="check-out", actor=actor, at=at)
        checkout = _new(uow, request, folder, actor, at)
        if folder is not None:
            _fill(uow, request, folder, checkout)
            put_attachments(library, uow, request, folder)
        uow.commit()
    return checkout


def renew(library: Library, id: str, *, folder: Path | None = None, actor: str, at: datetime) -> Checkout:
    """Start the lease afresh; also an expired one, as long as nobody took its records.

    `folder` gets the working directory anew, as approved, for who works somewhere else from now on.
    """
    with library.store.write() as uow:
        request = requests.find(uow, id)
        checkout = mine(uow, request, actor)
        renewed = checkout.but(expires_at=_until(request, max(at, checkout.out_at)))
        uow.replace(renewed)
        _journal(uow, request, "check-out renew", actor=actor, at=at)
        renewed = _laid_out(library, uow, request, renewed, folder, actor=actor, at=at)
        uow.commit()
    return renewed


def extend(
    library: Library, id: str, *, until: datetime, worst: int | None = None, actor: str, at: datetime
) -> Extension:
    """Let work that has started go on until later, and the lease with it; give what that costs.

    The request stays as it was approved. Raises Refused while the work has not started or is over.
    """
    with library.store.write() as uow:
        request = requests.find(uow, id)
        found = extension.extend(uow, request.id, until=until, worst=worst, actor=actor, at=at)
        out = tables.checkout_of(uow, request.id)
        if out is not None and out.state == "out":
            uow.replace(out.but(expires_at=max(out.expires_at, found.end + GRACE)))
        uow.commit()
    return found


def give_back(library: Library, id: str, *, actor: str, at: datetime) -> Checkout:
    """Let the records go; the request is approved again and the work in the directory is kept."""
    with library.store.write() as uow:
        request = requests.find(uow, id)
        checkout = mine(uow, request, actor)
        ended = _end(uow, checkout, actor=actor, at=at, action="give back", reason="given back")
        uow.commit()
    return ended


def steal(
    library: Library, id: str, *, reason: str, folder: Path | None = None, actor: str, at: datetime
) -> Checkout:
    """Take over somebody else's check-out, with a reason. For the CM group. `folder`: as in `renew`."""
    if not reason.strip():
        raise Invalid("Taking a check-out over needs a reason.", "Give it with -m REASON.")
    with library.store.write() as uow:
        require(uow, actor, "establish baselines", at=at)
        request = requests.find(uow, id)
        checkout = current(uow, request)
        until = _until(request, max(at, checkout.out_at))  # a clock may have gone backwards
        taken = checkout.but(person=actor, expires_at=until, reason=reason)
        uow.replace(taken)
        changed = {"from": checkout.person, "to": actor, "reason": reason}
        _journal(uow, request, "check-out steal", actor=actor, at=at, changed=changed)
        taken = _laid_out(library, uow, request, taken, folder, actor=actor, at=at)
        uow.commit()
    return taken


def current(uow: UnitOfWork, request: ChangeRequest) -> Checkout:
    """The check-out a request has now. Raises Refused when it has none."""
    checkout = tables.checkout_of(uow, request.id)
    if checkout is None or checkout.state != "out":
        raise Refused(
            f"{request.id} is not checked out; it is {request.state}.",
            f"Check it out first: 'cmdb check-out {request.id}'."
            if request.state == "approved"
            else f"See what it needs: 'cmdb change show {request.id}'.",
        )
    return checkout


def outstanding(uow: UnitOfWork) -> tuple[Checkout, ...]:
    """Every check-out that has not ended, the one that ends first in front."""
    return tuple(sorted(uow.all(Checkout, state="out"), key=lambda one: (one.expires_at, one.id)))


def keys_of(request: ChangeRequest) -> tuple[Key, ...]:
    """The records a request takes: those it names and the source of every dependency."""
    return proposal.keys(request.changes)


def holders(uow: UnitOfWork, keys: Iterable[Key], *, at: datetime) -> list[str]:
    """Sentences about who holds any of these records: check-outs and holds."""
    found = []
    for kind, id in keys:
        lease = uow.find(Lease, records.path_of(kind, id))
        if lease is not None:
            out = uow.get(Checkout, lease.checkout)
            found.append(
                f"{kind} {id} is checked out by {out.person} for {out.request}"
                f" until {canonical.rfc3339(out.expires_at)}."
            )
        hold = holds.current(uow, id, at=at) if kind == "item" else None
        if hold is not None:
            found.append(f"{id} is on hold by {hold.person}: {hold.reason}.")
    return found


def filled_in(uow: UnitOfWork, request: ChangeRequest) -> Mapping[Key, Fields]:
    """The records of a request as approved, ready for a working directory."""
    found = examination.proposed(uow, request.changes)
    if found.problems:
        raise Refused(f"{request.id} cannot be done as written.", "Edit the request.", found.problems)
    return found.after


def release_leases(uow: UnitOfWork, checkout: Checkout) -> None:
    """Let every record of a check-out go."""
    for lease in tables.leases_of(uow, checkout.id):
        uow.remove(lease)


def lay_out(
    uow: UnitOfWork, request: ChangeRequest, checkout: Checkout, folder: Path, *, actor: str, at: datetime
) -> Checkout:
    """Write a working directory of a check-out that has none, or one elsewhere. Runs inside a transaction."""
    placed = checkout.but(folder=str(folder.resolve()))
    _fill(uow, request, folder, placed)
    uow.replace(placed)
    _journal(uow, request, "check-out lay out", actor=actor, at=at, changed={"folder": placed.folder})
    return placed


def _laid_out(
    library: Library,
    uow: UnitOfWork,
    request: ChangeRequest,
    checkout: Checkout,
    folder: Path | None,
    *,
    actor: str,
    at: datetime,
) -> Checkout:
    """The check-out with a working directory in `folder`, where one is named."""
    if folder is None:
        return checkout
    placed = lay_out(uow, request, checkout, folder, actor=actor, at=at)
    put_attachments(library, uow, request, folder)
    return placed


def _new(uow: UnitOfWork, request: ChangeRequest, folder: Path | None, actor: str, at: datetime) -> Checkout:
    newest = tables.newest(uow)
    if newest is None:
        raise Refused("This site has no library yet.", "Found it with 'cmdb init DIR'.")
    paths = tuple(records.path_of(kind, id) for kind, id in keys_of(request))
    number = len(uow.all(Checkout, request=request.id)) + 1
    checkout = Checkout(
        id=f"{request.id}/{number}",
        request=request.id,
        person=actor,
        records=paths,
        base=newest.commit,
        folder=str(folder.resolve()) if folder else "",
        out_at=at,
        expires_at=_until(request, at),
    )
    uow.add(checkout)
    for path in paths:
        uow.add(Lease(path=path, checkout=checkout.id))
    return checkout


def _fill(uow: UnitOfWork, request: ChangeRequest, folder: Path, checkout: Checkout) -> None:
    marker = {"request": request.id, "checkout": checkout.id, "base": checkout.base}
    workdir.write(folder, filled_in(uow, request), marker, _note(request, checkout))


def put_attachments(library: Library, uow: UnitOfWork, request: ChangeRequest, folder: Path) -> None:
    """Put the attachments of the documents of a request beside their records in a working directory.

    One whose bytes are nowhere is left for whoever works there: check-in names it.
    """
    newest = tables.newest(uow)
    after = {key: fields for key, fields in filled_in(uow, request).items() if key[0] == "document"}
    attached.lay_out(uow, library.vault, folder, after, head=newest.commit if newest else "")


def _note(request: ChangeRequest, checkout: Checkout) -> str:
    """What whoever works in the directory has to know: what is open, and how to go on."""
    opened = open_fields(request)
    lines = [
        f"{request.id}  {request.title}",
        f"Checked out by {checkout.person} until {canonical.rfc3339(checkout.expires_at)}.",
        "",
        *(["Open, for you to fill in once it is known:", *(f"  {one}" for one in opened)] if opened else []),
        *(["Write it into the file, or say it:", f"  {filling(request)}", ""] if opened else []),
        "Everything else is written as it was approved: leave it as it is."
        if opened
        else "Everything is written as it was approved: there is nothing to fill in.",
        "",
        f"  cmdb check-in {request.id}               every problem, and what would be written",
        f"  cmdb check-in {request.id} --apply       writes one signed baseline",
        f"  cmdb check-out {request.id} --renew      more time",
        f"  cmdb check-out {request.id} --give-back  lets the records go; this directory stays",
    ]
    return "\n".join(lines) + "\n"


def open_fields(request: ChangeRequest) -> tuple[str, ...]:
    """The fields left open until afterwards: `serial of sw-11, in items/sw-11.json`."""
    return tuple(
        f"{name} of {change.id}, {_place(change, name)}" for change in request.changes for name in change.open
    )


def _place(change: ProposedChange, name: str) -> str:
    if change.operation == REPLACE:
        return f"as the file {workdir.attachment_file(Path(), change.id, name)}"
    return f"in {workdir.file_of(change.holder)}"


def filling(request: ChangeRequest) -> str:
    """The command that fills in the first open field: `cmdb check-in CR-7 --set sw-11.serial=...`.

    Where only attachments are open, the one that checks them in once they lie in the directory.
    """
    named = [
        f"{change.id}.{name}"
        for change in request.changes
        for name in change.open
        if change.operation != REPLACE
    ]
    return f"cmdb check-in {request.id} --set {named[0]}=..." if named else f"cmdb check-in {request.id}"


def _until(request: ChangeRequest, at: datetime) -> datetime:
    return max(request.window.end if request.window else at, at) + GRACE


def mine(uow: UnitOfWork, request: ChangeRequest, actor: str) -> Checkout:
    """The check-out a request has now. Raises Refused unless it is the actor's own."""
    active_person(uow, actor)
    checkout = current(uow, request)
    if checkout.person != actor:
        raise Refused(
            f"{request.id} is checked out by {checkout.person}.",
            f"Ask them, or take it over: 'cmdb check-out {request.id} --steal -m REASON'.",
        )
    return checkout


def _expired_in_the_way(uow: UnitOfWork, keys: Iterable[Key], at: datetime) -> list[Checkout]:
    found: dict[str, Checkout] = {}
    for kind, id in keys:
        lease = uow.find(Lease, records.path_of(kind, id))
        out = uow.get(Checkout, lease.checkout) if lease else None
        if out is not None and not out.holds(at):
            found[out.id] = out
    return list(found.values())


def _end(
    uow: UnitOfWork, checkout: Checkout, *, actor: str, at: datetime, action: str, reason: str
) -> Checkout:
    """End a check-out without a check-in: its request is approved again."""
    request = requests.find(uow, checkout.request)
    request = requests.move(
        uow,
        request,
        action,
        actor=actor,
        at=at,
        lease=checkout.person,
        lease_is_actors=checkout.person == actor,
        lease_expired=action == "expire",
    )
    requests.put(uow, request, action=f"check-out {action}", actor=actor, at=at)
    release_leases(uow, checkout)
    ended = checkout.but(state="returned", ended_at=at, reason=reason)
    uow.replace(ended)
    return ended


def _journal(
    uow: UnitOfWork,
    request: ChangeRequest,
    action: str,
    *,
    actor: str,
    at: datetime,
    changed: Mapping[str, str] | None = None,
) -> None:
    journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=(f"change:{request.id}",),
        changed=dict(changed or {}),
        request=request.id,
    )
