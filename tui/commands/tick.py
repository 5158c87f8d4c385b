"""What became due: told and noted once, by a timer or by hand."""

from baselines import due
from tui import clockface, printing
from tui.context import Invocation, command
from tui.library_place import at_library


@command
def tick(invocation: Invocation) -> None:
    """Create the action items and notices that became due since the last time, each once.

    For cron or a timer; twice in a row does nothing the second time. The app does it when it opens.
    """
    with at_library(invocation) as (here, _library):
        made = due.tick(here.store, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json_list(made)
        return
    for one in made:
        who = one.owner or ", ".join(one.people)
        kind = "action item" if one.owner else "notice"
        printing.put(f"{kind:<11}  {who}  {clockface.by_the_wall(one.text)}")
    if not made:
        printing.say("Nothing became due.")
