"""A notice per customer of planned work, ready to send: what they will notice, when, and whom to ask.

Times stand in the zone of the customer's agreement. Words only; who sends them is somebody else's.
Source: rules.md 4, notice period; IT Service CMM 5.5, Goal 4: affected groups are informed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ccb.model import ChangeRequest
from cmdb.model import Contact, Person
from cmdb.promises import ServiceAgreement
from tui import clockface
from tui.present import duration, minutes, minutes_left, period

NOTICED = {
    "outage": "not available",
    "degraded": "works, but slower or in part",
}


class Letter(NamedTuple):
    """One notice: to whom, about what, and its text."""

    agreement: str
    customer: str
    to: tuple[Contact, ...]
    subject: str
    text: str


def letter(
    request: ChangeRequest,
    agreement: ServiceAgreement,
    contacts: Sequence[Contact],
    manager: Person | None,
    *,
    effects: Mapping[str, str],
    names: Mapping[str, str],
    costs: Sequence[Mapping[str, Any]],
    instead_of: datetime | None = None,
) -> Letter:
    """Write the notice about a request to the customer of one agreement.

    `effects` are those on services of the agreement, `names` what services are called, `costs` the
    rows of the forecast that are about this agreement. The request has a window; `instead_of` is the end
    that was announced, where the work takes longer than that.
    """
    window = request.window
    assert window is not None
    zone = ZoneInfo(agreement.zone)
    when = clockface.stretch(window.start, window.end, zone)
    noticed = [one for one in sorted(effects) if effects[one] in NOTICED]
    decided = request.state in ("approved", "checked out", "checked in", "closed")
    opening = f"We {'will' if decided else 'plan to'} do the following work, {when}:"
    if instead_of is not None:
        opening = (
            f"Work we told you of takes longer, {when} instead of until {instead_of.astimezone(zone):%H:%M}:"
        )
    lines = [
        f"Dear {', '.join(one.name for one in contacts) or agreement.customer},",
        "",
        opening,
        f"  {request.title} ({request.id})",
        *([f"  Why: {request.reason}"] if request.reason else []),
        "",
        "What you may notice:",
        *(f"  {names.get(one, one)}: {NOTICED[effects[one]]}{_for_how_long(request)}." for one in noticed),
        *([] if noticed else ["  Nothing: your services go on, with less in reserve for a while."]),
        *_allowance(agreement, costs, zone),
        "",
        f"If something goes wrong: {request.backout}" if request.backout else "",
        *(
            []
            if decided
            else ["The change control board has not decided yet; we tell you if it does not happen."]
        ),
        "",
        f"Please ask {_who(manager, agreement.manager)}.",
    ]
    return Letter(
        agreement=agreement.id,
        customer=agreement.customer,
        to=tuple(contacts),
        subject=f"{'Planned work' if instead_of is None else 'Takes longer'} {when}: {request.title}",
        text="\n".join(_without_double_gaps(lines)),
    )


def _for_how_long(request: ChangeRequest) -> str:
    if request.down is None:
        return ""
    expected, worst = duration(request.down.expected), duration(request.down.worst)
    return f", about {expected}" + (f", {worst} at worst" if worst != expected else "")


def _allowance(agreement: ServiceAgreement, costs: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> list[str]:
    if not costs:
        return []
    lines = ["", f"What it means for what we agreed ({agreement.id}), in minutes of outage:"]
    for row in costs:
        span = row["period"]
        start, end = (datetime.fromisoformat(str(span[name])) for name in ("start", "end"))
        verdict = "kept"
        if row["breach_expected"]:
            verdict = "we expect not to keep it"
        elif row["breach_worst"]:
            verdict = "kept as expected, not kept at worst"
        lines.append(
            f"  {row['commitment']}, {period(start, end, zone)}: {minutes_left(row['left_before_s'])} left, "
            f"{minutes(row['planned_expected_s'])} expected, {minutes(row['planned_worst_s'])} at worst: "
            f"{verdict}"
        )
    return lines


def _who(manager: Person | None, id: str) -> str:
    if manager is None:
        return id
    return f"{manager.name}, {manager.email}" if manager.email else manager.name


def _without_double_gaps(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    for one in lines:
        if one or (found and found[-1]):
            found.append(one)
    return found
