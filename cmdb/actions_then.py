"""How far action items had come at a moment of the past.

An action item that is carried along by its finding leaves no entry of its own: while it was open nothing
says how far it had come. Source: rules.md 9, Action item; IT Service CMM 5.5, Activity 8.
"""

from datetime import datetime

from cmdb.back_then import Asked, Told


def told_of(asked: Asked, at: datetime) -> Told:
    """What the journal says of action items."""
    return Told(asked, "action", at, acts="action ", every=True)


def states(asked: Asked, told: Told) -> dict[str, str]:
    """The state of every action item initiated by then; empty where it was open and nothing says how far."""
    found: dict[str, str] = {}
    for id, origin, state, closed in asked.rows(
        "SELECT id, origin, state, closed_at FROM action_item WHERE initiated_at <= ?", told.at
    ):
        if closed and closed <= told.at:
            found[id] = state
            continue
        # What another record asked for was approved by its decision, and has no entry of its own.
        then = "initiated" if told.before(id, "action initiate") else "approved"
        for one in told.before(id):
            then = one.changed.get("state", then)
        carried = origin.startswith("finding:") and (closed or state != then)
        found[id] = "" if carried else then
    return found
