"""The one table of places and verbs: key, word, what the command line calls it, where it is offered.

One letter, one verb, everywhere. Bindings, footer, help, palette, `x` and the `:` line are all read
from here, and a test holds every verb against the command line's own table. Add a row where its
subject is: `verbs_items`, `verbs_changes`, `verbs_places`; here stand those about the app itself. A
row without a key is reached by `x` and by `:`.
"""

import re
from collections.abc import Mapping

from tui.keys import Place, Verb, shown_key
from tui.verbs_changes import CHANGE_VERBS
from tui.verbs_events import EVENT_VERBS
from tui.verbs_items import ITEM_VERBS
from tui.verbs_papers import AUDIT_VERBS, PAPER_VERBS
from tui.verbs_places import MEETING_VERBS, PLACE_VERBS, PROMISE_VERBS, TOLD_VERBS, WORK_VERBS
from tui.verbs_records import RECORD_VERBS

PLACES = (
    Place(name="today", key="1", title="Today", shows="what waits for you"),
    Place(name="items", key="2", title="Items", shows="every configuration item"),
    Place(name="changes", key="3", title="Changes", shows="change requests by state"),
    Place(name="board", key="4", title="Board", shows="ballots and your vote"),
    Place(name="baselines", key="5", title="Baselines", shows="what was agreed, A against B"),
    Place(name="calendar", key="6", title="Calendar", shows="windows, and what is left of promises"),
    Place(name="audits", key="7", title="Audits", shows="whether everything is still so"),
)

# A meeting is the board at work: what can be done with a ballot there can be done in it.
_WITHIN = {"meeting": "board"}

_LISTS = ("today", "items", "changes", "board", "baselines", "calendar")

_LIST_VERBS = (
    Verb(name="open", key="enter", word="open", does="open what the cursor is on", where=_LISTS),
    Verb(
        name="filter",
        key="slash",
        word="filter",
        does="filter the list as you type",
        where=("items", "changes"),
    ),
    Verb(
        name="filter",
        key="slash",
        word="filter",
        does="find items by id, name or words",
        command="cmdb item search WORDS",
        where=("today", "board", "baselines", "calendar", "audits", "item", "impact", "change"),
    ),
    Verb(
        name="mark",
        key="space",
        word="mark",
        does="mark the row and step on",
        where=("items", "baselines"),
    ),
    Verb(
        name="tab",
        key="right_square_bracket",
        word="turn",
        does="next page of the card",
        where=("board", "change", "item"),
    ),
    Verb(
        name="tab_back",
        key="left_square_bracket",
        word="turn back",
        does="page before",
        where=("board", "change", "item"),
    ),
)

_OUTPUT = (
    Verb(
        name="apply",
        key="A",
        word="apply",
        does="run the command again with --apply, after a question",
        where=("output",),
    ),
)

_SAVE = (
    Verb(
        name="save",
        key="Q",
        word="save",
        does="save the report as a page, Markdown or a sheet; a file that is there is asked about",
        where=("output",),
        command="cmdb report service AGREEMENT --to FILE",
    ),
)

_EVERYWHERE = (
    Verb(name="everything", key="x", word="everything", does="everything that can be done with this"),
    Verb(name="copy", key="y", word="copy", does="copy the id under the cursor, or what a command printed"),
    Verb(name="copy_command", key="Y", word="copy command", does="copy the command for this screen"),
    Verb(name="refresh", key="R", word="read again", does="read everything on this screen again"),
    Verb(name="last", key="minus", word="last place", does="go back to the last place"),
    Verb(name="command", key="colon", word="go or do", does="go to an id or type a command"),
    Verb(name="log", key="at", word="command log", does="what was written in this session, as commands"),
    Verb(name="jobs", key="J", word="jobs", does="what runs in the background, and what ended"),
    Verb(name="help", key="question_mark", word="keys", does="the keys of this screen"),
    Verb(name="back", key="escape", word="back", does="back; from a place to Today"),
    Verb(name="quit", key="q", word="quit", does="back; from a place leave the app"),
)

VERBS: tuple[Verb, ...] = (
    *_LIST_VERBS,
    *ITEM_VERBS,
    *CHANGE_VERBS,
    *PLACE_VERBS,
    *MEETING_VERBS,
    *TOLD_VERBS,
    *WORK_VERBS,
    *PROMISE_VERBS,
    *EVENT_VERBS,
    *PAPER_VERBS,
    *AUDIT_VERBS,
    *RECORD_VERBS,
    *_OUTPUT,
    *_SAVE,
    *_EVERYWHERE,
)


def verb(name: str, screen: str = "") -> Verb:
    """The verb of that name; what it is called on a screen, where several speak of different records."""
    found = [one for one in VERBS if one.name == name]
    return next((one for one in found if screen and screen in one.where), found[0])


def verbs_of(screen: str) -> tuple[Verb, ...]:
    """The verbs a screen offers, its own before those of every screen."""
    own = [one for one in VERBS if screen in one.where]
    known = {one.name for one in own}
    own += [one for one in VERBS if _WITHIN.get(screen, "") in one.where and one.name not in known]
    return *own, *(one for one in VERBS if not one.where)


def with_keys(text: str, screen: str) -> str:
    """A text with the key of this screen behind the commands it names: `'cmdb change edit CR-6' (key e)`."""
    keys = {tuple(one.command.split()[:3]): one.key for one in reversed(verbs_of(screen)) if one.key}

    def named(found: re.Match[str]) -> str:
        key = keys.get(tuple(found[1].split()[:3]))
        return f"{found[0]} (key {shown_key(key)})" if key else found[0]

    return re.sub(r"'(cmdb [^']*)'", named, text)


# The command that prints what a screen shows, a line a fact: for a screen reader, a pipe, a slow line.
AS_TEXT: Mapping[str, str] = {
    "today": "cmdb today",
    "items": "cmdb item list",
    "item": "cmdb item show {id}",
    "impact": "cmdb impact {id}",
    "changes": "cmdb change list",
    "change": "cmdb change show {id}",
    "board": "cmdb board review --plain",
    "meeting": "cmdb board meeting show {id}",
    "baselines": "cmdb baseline list",
    "compare": "cmdb baseline compare {id}",
    "calendar": "cmdb calendar",
    "audits": "cmdb audit list",
    "finding": "cmdb finding show {id}",
    "document": "cmdb document show {id}",
    "release": "cmdb release show {id}",
    "practice": "cmdb conformance --practice '{id}'",
    "actions": "cmdb action list",
    "action": "cmdb action show {id}",
    "inbox": "cmdb inbox",
    "outages": "cmdb outage list",
    "reviews": "cmdb review list",
    "trends": "cmdb report trends",
    "events": "cmdb event list",
    "event": "cmdb event show {id}",
    "agreements": "cmdb agreement list",
    "agreement": "cmdb agreement show {id}",
}


def page() -> str:
    """The tables of docs/app.md, written from the tables here."""
    lines = ["| key | place | shows |", "|---|---|---|"]
    lines += [f"| `{one.key}` | {one.title} | {one.shows} |" for one in PLACES]
    lines += ["", "| key | verb | on | on the command line |", "|---|---|---|---|"]
    for one in VERBS:
        where = ", ".join(one.where) or "every screen"
        command = f"`{one.command.replace('{id}', 'ID')}`" if one.command else ""
        key = f"`{shown_key(one.key)}`" if one.key else "in `x`"
        lines.append(f"| {key} | {one.does} | {where} | {command} |")
    lines += ["", "| screen | as plain text |", "|---|---|"]
    lines += [f"| {name} | `{words.replace('{id}', 'ID')}` |" for name, words in AS_TEXT.items()]
    return "\n".join(lines) + "\n"
