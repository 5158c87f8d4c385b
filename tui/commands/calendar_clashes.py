"""What must not be done at the same time: joint outages, with what gives way and why."""

from datetime import timedelta
from typing import Any

import click

from cmdb.joint_outages import GaveWay, JointHit, JointOutage
from tui import clockface, printing, schedule, typed
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import at_work

NAMED = 5  # items named after the services, before the rest is counted


@command
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far ahead.")
@click.option("--from", "start", metavar="T", default="now", show_default=True, help="From when on.")
@click.option("--clashes", is_flag=True, required=True, help="Joint outages alone, with their reasons.")
def calendar(invocation: Invocation, days: int, start: str, clashes: bool) -> None:  # noqa: ARG001
    """List every smallest set of planned work that takes down together what no part of it does."""
    with at_work(invocation) as here, here.store.read() as uow:
        begins = typed.moment(start, zone=here.site.zone, now=here.at)
        found = schedule.planned(uow, begins, begins + timedelta(days=days))
    if invocation.wants_json:
        printing.as_json(
            {
                "joint_outages": [_record(one) for one in found.joint],
                "not_computed": found.not_computed or None,
            }
        )
        return
    for number, one in enumerate(found.joint):
        if number:
            printing.put()
        _say(one, found.titles)
    if not found.joint:
        printing.say(f"No joint outage among the work planned in the next {days} days.")
    if found.not_computed:
        printing.say(f"Not computed: {found.not_computed}.")


def _record(one: JointOutage) -> dict[str, Any]:
    return {
        "changes": list(one.changes),
        "start": one.start,
        "end": one.end,
        "effect": one.effect,
        "tentative": one.tentative,
        "items": [
            {
                "id": hit.id,
                "name": hit.name,
                "effect": hit.effect,
                "service": hit.service,
                "because": list(hit.because),
            }
            for hit in one.items
        ],
        "groups": [
            {
                "id": group.source,
                "group": group.group,
                "need": group.need,
                "had": group.had,
                "taken": [{"id": member.member, "by": list(member.by)} for member in group.taken],
            }
            for group in one.groups
        ],
    }


def _say(one: JointOutage, titles: dict[str, str]) -> None:
    state = "  (not all of them decided)" if one.tentative else ""
    when = clockface.stretch(one.start, one.end)
    printing.put(f"{' and '.join(one.changes)} together, {when}{state}")
    for name in one.changes:
        printing.put(f"  {name}  {titles.get(name, '')}".rstrip())
    services = [hit for hit in one.items if hit.service]
    others = [hit for hit in one.items if not hit.service]
    for hit in [*services, *others[:NAMED]]:
        printing.put(f"  {_effect(hit)}")
    if len(others) > NAMED:
        printing.put(f"  and {counted(len(others) - NAMED, 'more item')}")
    for group in one.groups:
        printing.put(f"  {_group(group)}")


def _effect(hit: JointHit) -> str:
    because = " <- ".join(hit.because[1:])
    mark = "× OUTAGE  " if hit.effect == "outage" else "▲ DEGRADED"
    return f"{mark} {hit.id}  {hit.name}" + (f"  because of {because}" if because else "")


def _group(group: GaveWay) -> str:
    taken = ", ".join(f"{one.member} ({' and '.join(one.by)})" for one in group.taken)
    return f"{group.source} needs {group.need} of {group.had} in '{group.group}' and loses {taken}"
