"""Verbs of Today, calendar, baselines, audits, and of promises and duties; see `tui.verbs` for the rules."""

from tui.keys import Verb

_TOLD = ("today", "inbox")
_WORK = ("actions", "action")

PLACE_VERBS = (
    Verb(
        name="verify",
        key="V",
        word="verify",
        does="prove every baseline, decision and vote",
        command="cmdb verify",
        where=("audits", "baselines"),
    ),
    Verb(
        name="restore",
        key="",
        word="restore",
        does="draft the request that makes records again what they were in it",
        command="cmdb baseline restore {id} ITEM --apply",
        where=("baselines",),
    ),
    Verb(
        name="open",
        key="enter",
        word="open",
        does="open what the cursor is on",
        where=("actions", "inbox", "outages", "agreements"),
    ),
    Verb(
        name="tab",
        key="right_square_bracket",
        word="turn",
        does="next list: mine, all, overdue, over; read or not; corrected or not; list, week, month",
        where=("actions", "inbox", "outages", "calendar"),
    ),
    Verb(
        name="tab_back",
        key="left_square_bracket",
        word="turn back",
        does="list before",
        where=("actions", "inbox", "outages", "calendar"),
    ),
)

TOLD_VERBS = (
    Verb(
        name="read",
        key="l",
        word="mark read",
        does="mark the notice as read",
        command="cmdb inbox NUMBER --read",
        where=_TOLD,
    ),
    Verb(
        name="read_all",
        key="K",
        word="all read",
        does="mark every notice as read",
        command="cmdb inbox --read",
        where=_TOLD,
    ),
    Verb(
        name="told",
        key="",
        word="inbox",
        does="everything I was told",
        command="cmdb inbox --all",
        where=("today",),
    ),
)

WORK_VERBS = (
    Verb(
        name="action_add",
        key="T",
        word="new action item",
        does="note something somebody has to do",
        command="cmdb action add WHAT --owner PERSON",
        where=("today", "item", "change", "agreement", *_WORK),
    ),
    Verb(
        name="step",
        key="P",
        word="next step",
        does="review, approve, decline, start, finish or close the action item",
        command="cmdb action step {id} STATE",
        where=("today", *_WORK),
    ),
    Verb(
        name="step",
        key="P",
        word="next step",
        does="take the agreement on: review, agree, publish, revise or end it",
        command="cmdb agreement review {id} --for WHOM --name NAME",
        where=("agreement",),
    ),
    Verb(
        name="start",
        key="S",
        word="work starts",
        does="say that the action item is being done",
        command="cmdb action start {id}",
        where=_WORK,
    ),
    Verb(
        name="finish",
        key="F",
        word="work ends",
        does="say that the action item is done",
        command="cmdb action done {id}",
        where=_WORK,
    ),
    Verb(
        name="close",
        key="X",
        word="close",
        does="close the action item with its evidence",
        command="cmdb action close {id} --evidence TEXT",
        where=_WORK,
    ),
    Verb(
        name="actions",
        key="",
        word="action items",
        does="action items: mine, all, overdue",
        command="cmdb action list",
        where=("today", "calendar"),
    ),
)

PROMISE_VERBS = (
    Verb(
        name="began",
        key="b",
        word="down now",
        does="record that it is down, and what that costs",
        command="cmdb outage began {id}",
        where=("items", "item", "impact", "outages"),
    ),
    Verb(
        name="ended",
        key="B",
        word="up again",
        does="record that it is up again",
        command="cmdb outage ended {id}",
        where=("today", "items", "item", "outages"),
    ),
    Verb(
        name="edit",
        key="e",
        word="edit",
        does="correct the outage; the old one is kept",
        command="cmdb outage correct {id}",
        where=("outages",),
    ),
    Verb(
        name="outages",
        key="",
        word="outages",
        does="the outages recorded on it",
        command="cmdb outage list {id}",
        where=("items", "item"),
    ),
    Verb(
        name="agreements",
        key="",
        word="promises",
        does="every promise and what is left of it",
        command="cmdb agreement list",
        where=("today", "calendar"),
    ),
    Verb(
        name="freeze",
        key="h",
        word="freeze",
        does="declare a time in which nothing planned may happen",
        command="cmdb freeze add TITLE --from START --until END",
        where=("calendar",),
    ),
    Verb(
        name="lift",
        key="Z",
        word="lift freeze",
        does="end the freeze early",
        command="cmdb freeze lift {id}",
        where=("calendar",),
    ),
)
