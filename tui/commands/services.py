"""The services: what there is and how each stands."""

from cmdb.reading import Filter, ItemLine, Reader
from tui import printing
from tui.context import Invocation, command

PAGE = 5_000


@command
def list_(invocation: Invocation) -> None:
    """List the services with their owner and operating state."""
    with Reader.open(invocation.site.url) as reader, reader.question():
        found: list[ItemLine] = []
        offset = 0
        while page := reader.items(Filter(service=True), limit=PAGE, offset=offset):
            found += page
            offset += PAGE
    if invocation.wants_json:
        printing.as_json_list(one._asdict() for one in found)
        return
    printing.table(
        ("id", "name", "owner", "group", "status", "level", "operating"),
        ((one.id, one.name, one.owner, one.group, one.status, one.level, one.operating) for one in found),
        empty="There are no services.",
    )
