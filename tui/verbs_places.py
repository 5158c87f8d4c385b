"""Verbs of Today, calendar, baselines and audits. One row a verb; see `tui.verbs` for the rules."""

from tui.keys import Verb

PLACE_VERBS = (
    Verb(
        name="verify",
        key="V",
        word="verify",
        does="prove every baseline, decision and vote",
        command="cmdb verify",
        where=("audits", "baselines"),
    ),
)
