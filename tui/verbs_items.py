"""Verbs on configuration items and what hangs on them. One row a verb; see `tui.verbs` for the rules."""

from tui.keys import Verb

ITEM_VERBS = (
    Verb(
        name="impact",
        key="i",
        word="impact",
        does="what fails if this is down now",
        command="cmdb impact {id}",
        where=("items", "item", "changes", "change", "board"),
    ),
    Verb(
        name="impact_window",
        key="I",
        word="in a window",
        does="what fails in a window, against the agreements",
        command="cmdb impact {id} --at START --for LENGTH",
        where=("items", "item", "impact"),
    ),
    Verb(
        name="tree",
        key="t",
        word="direction",
        does="turn the dependency tree: what it needs, what needs it",
        where=("item",),
    ),
    Verb(
        name="history",
        key="H",
        word="history",
        does="what happened to it",
        command="cmdb item history {id}",
        where=("item", "change"),
    ),
    Verb(name="order", key="o", word="order", does="sort by the next column", where=("items",)),
    Verb(
        name="trouble",
        key="exclamation_mark",
        word="trouble",
        does="only what is not up or is held",
        where=("items",),
    ),
)
