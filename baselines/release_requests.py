"""The request to release a product: what it consists of is read from a baseline and put before a board.

    draft(library, wanted, *, actor, at) -> ChangeRequest

What is named has to be in the baseline, and so has everything it needs: pulled in, or left out by name with
the reason. The set is kept as evidence and known by its digest from here on.
Source: rules.md 5, `release`; 7, Release; IT Service CMM 5.5, Activity 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import baselines.tables_audits  # noqa: F401 - the voters are told of findings about what is released
from baselines import differences, release_contents, tables_releases
from baselines.library import Library
from baselines.model import Baseline
from baselines.release_contents import NEEDED, Chosen
from baselines.state import State
from ccb import closures, release_sets, requests
from ccb.lifecycle import FINAL
from ccb.model import ChangeDraft, ChangeRequest, ProposedChange
from ccb.proposal import Key
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Value, check, shown
from cmdb.store import UnitOfWork

_UNKNOWN = "0" * 64  # stands for the digest of the set until it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Value):
    """What is to be released: `scope` as service:ID, type:ID or item:ID, or `items` one by one.

    `left_out` says of records the set would hold why they are not in it; `baseline` is BL-000012 or
    `latest`; `level` is the control level its items should have at least.
    """

    product: str
    version: str
    baseline: str = "latest"
    scope: str = ""
    items: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    level: str = "baselined"
    title: str = ""
    reason: str = ""


def draft(library: Library, wanted: Wanted, *, actor: str, at: datetime) -> ChangeRequest:
    """Write the request to release a product, as a draft, with the set it consists of.

    Raises Invalid for what is no product, version or scope, NotFound for an unknown baseline, and Refused,
    with every one of them, for items that are not in the baseline and for what they need and it lacks.
    """
    with library.store.read() as uow:
        baseline = differences.baseline(uow, wanted.baseline)
        _refuse_taken(uow, wanted)
        change = _change(wanted, baseline)
        check("The release", closures.problems(change))
        state = State(library.vault, baseline.commit)
        _refuse_absent(uow, state, change, baseline)
        chosen = release_contents.chosen(state, change)
        _refuse_open(chosen, change, baseline)
    found = release_contents.contents(library.vault, change, chosen)
    whole = change.but(exact={**change.exact, "set": found.digest})
    with library.store.write() as uow:
        _refuse_taken(uow, wanted)
        release_sets.keep(uow, found.fields)
        title = wanted.title or f"Release {wanted.product} {wanted.version}"
        content = ChangeDraft(kind="release", title=title, reason=wanted.reason, changes=(whole,))
        request = requests.add(uow, content, actor=actor, at=at)
        uow.commit()
    return request


def _change(wanted: Wanted, baseline: Baseline) -> ProposedChange:
    if bool(wanted.scope) == bool(wanted.items):
        raise Invalid(
            "Say what is released: either a scope or items.",
            "For example 'cmdb release new PRODUCT VERSION --service ID'.",
        )
    exact = {
        "product": wanted.product,
        "version": wanted.version,
        "baseline": baseline.id,
        "commit": baseline.commit,
        "level": wanted.level,
        "set": _UNKNOWN,
        **({"items": list(wanted.items)} if wanted.items else {}),
        **({"left_out": dict(wanted.left_out)} if wanted.left_out else {}),
    }
    scope = wanted.scope or f"list:{wanted.product}"
    change = ProposedChange(record="scope", id=scope, operation=release_sets.RELEASE, exact=exact)
    return closures.widened(change)


def _refuse_taken(uow: UnitOfWork, wanted: Wanted) -> None:
    """Raise Refused when this version was released, or somebody asks for it already."""
    named = f"{shown(wanted.product)} {shown(wanted.version)}"
    if tables_releases.find(uow, wanted.product, wanted.version) is not None:
        raise Refused(
            f"{named} is released already; a release is never replaced.",
            f"Release the next version; see 'cmdb release show {named}'.",
        )
    for (id,) in uow.rows("SELECT id FROM change_request WHERE kind = 'release' ORDER BY number"):
        request = requests.find(uow, id)
        same = [(one.exact.get("product"), one.exact.get("version")) for one in request.changes]
        if request.state not in FINAL and (wanted.product, wanted.version) in same:
            raise Refused(
                f"{id} asks for {named} already; it is {request.state}.",
                f"Follow that one, 'cmdb change show {id}', or withdraw it: 'cmdb change withdraw {id}'.",
            )


def _refuse_absent(uow: UnitOfWork, state: State, change: ProposedChange, baseline: Baseline) -> None:
    """Raise Refused for every item named that the baseline does not hold, and say where it is."""
    word, _, id = change.id.partition(":")
    named = {"list": list(change.exact.get("items", ())), "type": []}.get(word, [id])
    absent = [one for one in named if state.record(("item", one)) is None]
    if word == "type" and state.record(("type", id)) is None:
        raise NotFound(f"{baseline.id} has no item type '{shown(id)}'.", "List them with 'cmdb type list'.")
    if not absent:
        return
    told = []
    for one in absent:
        rows = uow.rows("SELECT level FROM item WHERE id = ?", one)
        why = "there is no such item"
        if rows:
            why = "it is a candidate" if rows[0][0] == "draft" else "it came under control later"
        told.append(f"'{shown(one)}' is not in {baseline.id}: {why}.")
    raise Refused(
        f"A release is built only from items of {baseline.id}, and not all of these are in it.",
        "Bring them under control first, with a baseline request, or name a later baseline with --baseline.",
        told,
    )


def _refuse_open(chosen: Chosen, change: ProposedChange, baseline: Baseline) -> None:
    """Raise Refused for what the set needs and the baseline lacks, and for what is left out amiss."""
    out = closures.left_out(change)
    problems = [
        f"{_said(key)} is needed by {_said(needy)} and is not in {baseline.id}; leave it out with a reason."
        if needy is not None
        else f"{_said(key)} is not in {baseline.id}."
        for needy, key in chosen.missing
    ]
    problems += [
        f"{_said(key)} is left out, and is no part of the release anyway."
        for key in sorted(out.keys() - chosen.met)
    ]
    problems += [
        f"{_said(key)} cannot be left out: no record of it can be read without." for key in sorted(out)
        if key[0] in NEEDED
    ]  # fmt: skip
    if not any(kind == "item" for kind, _id in chosen.keys):
        problems.append("There is no item in it.")
    if problems:
        raise Refused(
            f"That is no closed set of {baseline.id}.",
            "Correct what is listed: 'cmdb release new --help' shows --leave-out.",
            problems,
        )


def _said(key: Key) -> str:
    return f"{key[0]} {key[1]}"
