"""What events are called, for commands and screens alike. Pure."""

from cmdb.reported import Event, Stake
from tui.present import duration


def kind_of(event: Event) -> str:
    """The kind, and of an incident whether it only may come."""
    return f"potential {event.kind}" if event.potential else event.kind


def stake(one: Stake) -> str:
    """A commitment at stake in one line."""
    left = ""
    if one.left_s is not None:
        left = f": {duration(one.left_s)} left" if one.left_s >= 0 else f": broken by {duration(-one.left_s)}"
    return f"{one.customer}  {one.name} of {one.service}, {one.says}{left}"
