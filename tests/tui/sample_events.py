"""Events of the small estate in memory: what the screens about them are shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cmdb.errors import NotFound
from tui.event_source import EVERY, MINE, EventCard, EventLine, EventLink, EventList, EventQuery
from tui.views import Deed, Fact


def lines(now: datetime) -> tuple[EventLine, ...]:
    late, soon, later = (now + timedelta(hours=hours) for hours in (-2, 1, 30))
    return (
        EventLine(
            "EV-3", "incident", "in progress", "critical", "Mail does not go out", ("mail", "mx-01"),
            ("mail",), "k.chen", late, late, "overdue", ("mail",),
        ),
        EventLine(
            "EV-4", "incident", "recorded", "high", "The [b]gate[/b] camera flickers", ("sw-11",), (), "",
            late, soon,
        ),
        EventLine(
            "EV-5", "service request", "analysed", "normal", "A mailbox for the pilot", ("mail",), (),
            "a.vries", late, later,
        ),
        EventLine("EV-1", "incident", "closed", "low", "A cable was loose", ("sw-12",), (), "a.vries", late),
    )  # fmt: skip


class SampleEvents:
    """Answers what the app asks about events; `asked` keeps every question."""

    def __init__(self, now: datetime, person: str) -> None:
        self.now, self.person = now, person
        self.asked: list[EventQuery] = []
        self.known: tuple[EventLine, ...] = lines(now)

    def listed(self, query: EventQuery) -> EventList:
        self.asked.append(query)
        found = tuple(
            one
            for one in self.known
            if (query.which == EVERY or one.state != "closed")
            and (query.which != MINE or one.responsible == self.person)
            and (not query.trouble or one.late or one.down)
            and (not query.item or query.item in one.items)
            and all(word in f"{one.id} {one.text} {' '.join(one.items)}".lower() for word in query.words)
        )
        return EventList(found, len(found))

    def event(self, id: str) -> EventCard:
        for one in self.known:
            if one.id == id:
                return EventCard(
                    line=one,
                    facts=(Fact(label="what", text=one.text), Fact(label="reported", text="by Bram <+31 6>")),
                    links=(
                        EventLink("item", "item", one.items[0], "its name"),
                        EventLink("caused by", "change", "CR-142", "under review  Replace core switch sw-11"),
                    ),
                    impact=(("outage", "mail"), ("degraded", "web-shop")),
                    promises=("acme  acme-mail/availability of mail: 12m left",),
                    said=Fact(label="computed", text="outage, 3 items hit", role="warn"),
                    tell=("acme: Bram  +31 6",),
                    history=(Deed(at=self.now, actor="k.chen", action="event record", text="kind incident"),),
                    against={
                        "start": f"Nobody confirmed what {id} does to promises.",
                        "close": f"{id} is {one.state}; to close it is not possible then.",
                    },
                    fields={},
                )
        raise NotFound(f"There is no event '{id}'.", "List them with 'cmdb event list --all'.")

    def reported_of(self, items: Sequence[str]) -> str:
        return "Not resolved yet: EV-4 (camera)." if "sw-11" in items else ""
