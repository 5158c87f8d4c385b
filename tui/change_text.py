"""A change request as plain text for people: the card, the assessment, the difference."""

import json
from collections.abc import Sequence
from typing import Any

from baselines.compare import Comparison, words
from ccb import conflicts, controlled, proposal, signing_keys
from ccb.model import ChangeRequest, Comment
from cmdb.instants import instant
from cmdb.store import UnitOfWork
from cmdb.written import plainly
from tui import clockface, printing, schedule
from tui.present import EFFECTS, REQUIREMENTS, VOTES, counted, duration, minutes, minutes_left

NAMED = 5  # records named in a line


def card(found: dict[str, Any], comments: Sequence[Comment] = ()) -> None:
    """Write a request: facts, changes, assessment, votes, requirements, comments."""
    window, down = found["window"], found["down"]
    printing.facts(
        [
            ("request", f"{found['id']}  {found['title']}"),
            ("state", found["state"]),
            (
                "kind",
                f"{found['kind']}, by the template {by}" if (by := found.get("template")) else found["kind"],
            ),
            ("originator", found["originator"]),
            ("implementer", found["implementer"]),
            ("reason", found["reason"]),
            ("window", clockface.stretch(instant(window["start"]), instant(window["end"])) if window else ""),
            ("down", _down(down) if down else ""),
            ("extended", _extended(found.get("extended"))),
            ("back-out", found["backout"]),
            ("test", found["test"]),
            ("board", found["board"]),
            ("baseline", found["baseline"]),
            *found["result"].items(),
        ]
    )
    printing.put("\nchanges")
    for one in found["changes"]:
        printing.put(f"  {change(one)}")
    if found["assessment"]:
        assessment(found["assessment"])
    if found.get("aftermath"):
        aftermath(found["aftermath"])
    _ballot(found)
    for said in comments:
        printing.put(f"\n{clockface.clock(said.at)}  {said.person}: {said.text}")


def _extended(longer: dict[str, Any] | None) -> str:
    if not longer:
        return ""
    worst = f", down {duration(longer['worst'])} at worst" if longer["worst"] else ""
    return f"goes on until {clockface.clock(instant(longer['until']))}{worst}"


def change(one: dict[str, Any]) -> str:
    """One proposed change in a line."""
    link = one["record"] == "dependency"
    subject = f"{one['id']} {one['kind']} {one['target']}" if link else f"{one['record']} {one['id']}"
    group = f"/{one['group']}" if one["record"] == "redundancy group" else ""
    fields = [
        _stated(one["record"], entry["field"], entry["value"])
        for entry in one["exact"]
        if one["operation"] != "release" or entry["field"] not in ("commit", "set")
    ]
    fields += [f"{name} (known afterwards)" for name in one["open"]]
    return f"{one['operation']} {subject}{group}" + (f": {', '.join(fields)}" if fields else "")


def _stated(record: str, field: str, content: Any) -> str:
    if (record, field) == ("scope", "also"):  # the documents about its services, the types below its type
        return f"with the {', the '.join(content)}"
    return f"{words(field) if record == 'scope' else field} = {_said(content)}"


def release_lines(found: dict[str, Any]) -> list[str]:
    """What voters are told of a release besides its counts, a line each."""
    lines = [f"releases {found['product']} {found['version']} of {found['baseline']}"]
    lines += [f"left out: {one['record']}, because {one['reason']}" for one in found.get("left_out", ())]
    if found["below_level"]:
        named = ", ".join(one["item"] for one in found.get("below", [])[:NAMED])
        more = f" and {found['below_level'] - NAMED:,} more" if found["below_level"] > NAMED else ""
        lines.append(f"▲ below {found['level']}: {named}{more}")
    for one in found.get("findings", ()):
        lines.append(f"▲ finding {one['finding']} is open: {one['what']} ({', '.join(one['items'][:NAMED])})")
    for one in found.get("unfinished", ()):
        items = ", ".join(one["items"][:NAMED])
        lines.append(f"{one['change']} is {one['state']}: {one['title']} ({items})")
    return lines


def assessment(found: dict[str, Any]) -> None:
    """Write what a request costs: effects, promises, clashes, risk."""
    if found.get("problem"):
        printing.put(f"\nnot assessed: {found['problem']}")
        return
    services = found["impact"]["services"]
    printing.put(
        f"\nimpact    {counted(len(found['impact']['items']), 'item')}, {counted(len(services), 'service')};"
        f" risk {found['risk']}"
    )
    for one in found.get("scopes", ()):
        types = ", ".join(f"{part['count']} {part['type']}" for part in one.get("types", ()))
        printing.put(
            f"  {counted(one['count'], 'record')}: {types or 'nothing'}; digest {one['digest'][:12]}"
        )
    if found.get("release"):
        for line in release_lines(found["release"]):
            printing.put(f"  {line}")
    for one in services:
        printing.put(f"  {EFFECTS[one['effect']][0]} {one['effect']:<18}  {one['service']}")
    rows = found["agreements"]
    if rows and "left_before_s" in rows[0]:
        printing.put("\npromises, in minutes")
        printing.table(
            ("agreement", "service", "left", "expected", "worst", ""),
            (
                (
                    row["agreement"],
                    row["service"],
                    minutes_left(row["left_before_s"]),
                    minutes(row["planned_expected_s"]),
                    minutes(row["planned_worst_s"]),
                    _breach(row),
                )
                for row in rows
            ),
            empty="",
            right=("left", "expected", "worst"),
        )
    for sentence in found.get("not_forecast", ()):
        printing.put(f"observed  {sentence}")
    for one in found.get("surprises", ()):
        printing.put(f"before    {one['change']} hit {one['item']} ({one['effect']}): nobody foresaw that")
    for clash in _told(found["conflicts"]):
        printing.put(f"clash     {clash}")
    for clash in schedule.undecided(found.get("undecided", ())):
        printing.put(f"clash     {clash}")
    for one in found.get("not_computed", ()):
        printing.put(f"unknown   {one}: not computed")
    for name, moved in (("spof_added", "new"), ("spof_removed", "no more a")):
        for one in found[name]:
            printing.put(f"margin    {moved} single point of failure of {one['service']}: {one['item']}")
    for name, word in (("margin_lost", "less redundancy"), ("cycles", "new cycle"),
                        ("problems", "problem"), ("moved", "moved")):  # fmt: skip
        for one in found[name]:
            printing.put(f"{word:<9} {_sentence(one)}")
    if found["voters"]:
        printing.put(f"asked     {', '.join(found['voters'])}")
    if found.get("without_key"):
        printing.put(f"no key    {signing_keys.warning(found['without_key'])}")


def aftermath(found: dict[str, Any]) -> None:
    """Write what a request did, held against what was foreseen of it."""
    printing.put("\nforeseen and happened")
    if found["overrun"] is not None:
        late = found["overrun"]
        said = f"{duration(late)} after its window" if late > 0 else "within its window"
        printing.put(f"  finished  {said}")
    if found["outage"] is not None and found["worst"] is not None:
        more = ", longer than at worst" if found["outage"] > found["worst"] else ""
        planned = f"{duration(found['expected'])} expected, {duration(found['worst'])} at worst"
        printing.put(f"  down      {duration(found['outage'])}{more}; {planned}")
    for one in found["hit"]:
        foreseen = one["foreseen"] or "nothing"
        told = f"foreseen {foreseen}" if found["assessed"] else "nothing was assessed"
        mark = "▲" if one["item"] in found["surprises"] else "○"
        printing.put(f"  {mark} {one['effect']:<10}  {one['item']}  {told}  ({', '.join(one['records'])})")
    if not found["hit"]:
        printing.put("  hit       nothing, as far as anybody recorded")
    if found["spared"]:
        printing.put(f"  spared    {', '.join(found['spared'])}")
    for one in found["missing"]:
        printing.put(f"  missing   no dependency explains why {one} was hit")


def _told(found: Sequence[dict[str, Any]]) -> list[str]:
    return conflicts.told(
        (one for one in found if "sentence" in one),
        time=lambda start, end: clockface.stretch(instant(start), instant(end)),
    )


def difference(uow: UnitOfWork, request: ChangeRequest) -> list[dict[str, Any]]:
    """What a request alters, field by field; `now` is what stands there where it moved since."""
    held = controlled.held_all(uow, proposal.keys(request.changes))
    written = request.state in ("checked in", "closed")  # what stands there is its own doing
    found = () if written else proposal.proposed(held, request.changes).moved
    moved = {(one.subject, one.field): one.current for one in found}
    rows: list[dict[str, Any]] = []
    for one in request.changes:
        base = {"record": one.subject, "operation": one.operation}
        names = one.fields
        if not names:
            rows.append({**base, "field": "", "old": None, "new": None, "now": None})
        for name in names:
            new = "(known afterwards)" if name in one.open else one.exact.get(name)
            now = moved.get((one.subject, name))
            rows.append({**base, "field": name, "old": one.seen.get(name), "new": new, "now": now})
    return rows


def _ballot(found: dict[str, Any]) -> None:
    if found["votes"]:
        printing.put("\nvotes")
        wide = max(7, *(len(one["value"]) for one in found["votes"]))
        for one in found["votes"]:
            stale = "  STALE: " + "; ".join(one.get("moved", ())) if one["stale"] else ""
            reason = f"  {one['reason']}" if one["reason"] else ""
            idle = "" if one["counts"] or one["stale"] else "  (not counted)"
            glyph = VOTES.get(one["value"], ("○", ""))[0]
            for_ = f" for {one['seat']}" if one["capacity"] == "alternate" else ""
            who = f"{one['member']} ({one['capacity']}{for_})"
            printing.put(f"  {glyph} {one['value']:<{wide}}  {who}{reason}{idle}{stale}")
            for condition in one["conditions"]:
                printing.put(f"      on condition: {condition}")
    if found["requirements"]:
        printing.put("\nrequirements")
        for one in found["requirements"]:
            glyph = REQUIREMENTS.get(one["status"], ("○", ""))[0]
            printing.put(f"  {glyph} {one['status']:<14} {one['name']}: {one['detail']}")
    outcome = found["outcome"]
    if outcome:
        missing = outcome.get("missing")
        printing.put(
            f"\noutcome   {outcome['result']}"
            + (f" until {clockface.clock(instant(outcome['until']))}" if outcome.get("until") else "")
            + (f"; waits for {', '.join(missing)}" if missing else "")
        )
        if outcome.get("overruled"):
            printing.put(f"          {outcome['overruled']} Open it anew: 'cmdb board refer {found['id']}'.")
        if outcome.get("rationale"):
            printing.put(f"          {outcome['by']}: {outcome['rationale']}")
        if outcome.get("may_end"):
            who = " or ".join(outcome["may_end"])
            printing.put(
                f"          all it asks for is there; {who} may end it: 'cmdb board close {found['id']}'"
            )
        if outcome.get("alone"):
            printing.put("          decided by one person")


def _down(down: dict[str, Any]) -> str:
    return f"{', '.join(down['items'])} for {duration(down['expected'])}, at worst {duration(down['worst'])}"


def _breach(row: dict[str, Any]) -> str:
    if row["breach_expected"]:
        return "× BREACH"
    return "▲ BREACH if worst" if row["breach_worst"] else "○ kept"


def _sentence(one: Any) -> str:
    if isinstance(one, dict) and {"subject", "field", "proposed"} <= one.keys():  # what moved under it
        return f"{one['subject']}: {words(one['field'])} is not what it was when this was written"
    return str(one["sentence"]) if isinstance(one, dict) and "sentence" in one else _said(one)


def _said(content: Any) -> str:
    content = plainly(content)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def difference_lines(found: Comparison) -> list[str]:
    """Everything that differs, a line each: `~ sw-11  model: A -> B  CR-4`."""
    lines = [f"+ {one.kind} {one.id}  {one.request}" for one in found.added]
    lines += [f"- {one.kind} {one.id}  {one.request}" for one in found.removed]
    for one in found.changed:
        old, new = ("(none)" if content is None else str(plainly(content)) for content in (one.old, one.new))
        lines.append(f"~ {one.id}  {words(one.field)}: {old} -> {new}  {one.request}")
    lines += [f"+ {one.source} {one.kind} {one.target}  {one.request}" for one in found.connected]
    lines += [f"- {one.source} {one.kind} {one.target}  {one.request}" for one in found.disconnected]
    return [line.rstrip() for line in lines]
