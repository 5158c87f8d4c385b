"""Verbs about promises and duties that several screens offer: outages, action items, and their lists.

Each asks for what it needs in a small form and runs the command that does it; a refusal is said with
its remedy. Source: terminal.md, The app.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual.screen import Screen

from tui.duty_source import TemplateLine, Wanted
from tui.present import listed
from tui.screens.asks import Ask, Taken
from tui.screens.directory import dialog
from tui.screens.questions import Questioner

ORIGINS = ("change", "action", "agreement", "event")
TOOK_DOWN = ("is down", "is degraded")
WHAT_KIND = (*TOOK_DOWN, "no outage", "may come", "request")
STEPS = {
    "reviewed": ("review", "review"),
    "approved": ("approve", "approve"),
    "declined": ("decline", "decline"),
    "in progress": ("start", "start"),
    "done": ("done", "done"),
    "closed": ("close", "close"),
}


class DutyVerbs(Questioner[None]):
    """What a screen of the app can do about outages and action items."""

    def subjects(self) -> tuple[str, ...]:
        """The ids a verb applies to."""
        raise NotImplementedError

    def fill(self, sheet: Screen[Any], then: Callable[[dict[str, str]], None]) -> None:
        """Show a small form, and go on with what was typed; what is refused opens it again."""
        asked: Any = sheet

        def answered(given: dict[str, str] | None) -> None:
            if given is None:
                return
            self.form_again = lambda error: self.fill(asked.refused(given, error), then)
            then(given)
            self.form_again = None

        self.app.push_screen(sheet, answered)

    def under(self) -> tuple[str, tuple[str, ...]]:
        """The screen whose verbs apply to what is under the cursor, and its ids."""
        raise NotImplementedError

    # Better moments -------------------------------------------------------------------------

    def better(self, wanted: Wanted, then: Callable[[Taken], None]) -> None:
        """Rank better moments while a duration is typed, and go on with the one that is taken."""

        def answered(taken: Taken | None) -> None:
            if taken is not None:
                then(taken)

        self.app.push_screen(dialog("moments", wanted), answered)

    def verb_better(self) -> None:
        """Look for a better moment; taken, it shows what fails then."""
        items = self.subjects()

        def show(taken: Taken) -> None:
            self.shell.go("in-window", *taken, *items)

        self.better(Wanted(items=items), show)

    # Outages --------------------------------------------------------------------------------

    def began_on(self, item: str) -> None:
        """Ask since when an item is down, and how badly."""
        sheet = dialog(
            "sheet",
            f"{item} is down",
            ("Recorded as an outage that is running; it says at once what it costs which promise.",),
            (
                Ask(
                    "since",
                    "since",
                    "now, 23:50 or yesterday 23:50",
                    "now",
                    "Say since when it is down.",
                    "past",
                ),
                Ask("note", "note", "what is known"),
            ),
            "record",
            choices=("outage", "degraded"),
            first="since",
        )

        def take(given: dict[str, str]) -> None:
            note = ("--note", given["note"]) if given["note"] else ()
            effect = ("--effect", given["choice"])
            self.perform("outage", "began", item, given["since"], *effect, *note)

        self.fill(sheet, take)

    def ended_on(self, id: str) -> None:
        """Ask since when something is up again; `id` is an outage or an item."""
        sheet = dialog(
            "sheet",
            f"{id} is up again",
            (),
            (Ask("since", "since", "now, or 00:10", "now", "Say since when it is up.", "past"),),
            "record",
        )
        self.fill(sheet, lambda given: self.perform("outage", "ended", id, given["since"]))

    def verb_began(self) -> None:
        """Record that something is down."""
        self.began_on(self.subjects()[0])

    def verb_ended(self) -> None:
        """Record that something is up again."""
        self.ended_on(self.subjects()[0])

    def verb_outages(self) -> None:
        """Show the outages recorded on it."""
        self.shell.go("outages", *self.subjects()[:1])

    # Events ---------------------------------------------------------------------------------

    def event_items(self) -> tuple[str, ...]:
        """The items a new event is about: marked, or under the cursor."""
        name, ids = self.under()
        return ids if name in ("item", "items") else ()

    def verb_event_add(self) -> None:
        """Record an incident or a service request; one about the same items is pointed at first."""
        whole, items = self.shell.whole, self.event_items()
        self.ask(
            "known", lambda: whole().events.reported_of(items), lambda known: self._new_event(items, known)
        )

    def _new_event(self, items: Sequence[str], known: str) -> None:
        words = known or "An incident is, was or may be; a request asks for something."
        sheet = dialog(
            "sheet",
            "New event",
            (words,),
            (
                Ask("what", "what", "what happened, or what is asked for", "", "Say what happened."),
                Ask("items", "items", "sw-11 svc-mail", " ".join(items), "Name at least one item.", "items"),
                Ask(
                    "at",
                    "since",
                    "now, 23:30, yesterday 23:30; of what may come: tomorrow 06:00",
                    "now",
                    reads="happened",
                ),
                Ask("reporter", "reporter", "who reported it: any name; empty: you"),
                Ask("contact", "contact", "how to reach them"),
                Ask("party", "party", "the customer they speak for", reads="party"),
                Ask(
                    "agreement",
                    "agreement",
                    "of a request; empty: outside every agreement",
                    reads="agreement",
                ),
                Ask("responsible", "with", "who takes care of it; 'me' is you", reads="person"),
            ),
            "record",
            choices=WHAT_KIND,
        )
        self.fill(sheet, lambda given: self.perform(*event_words(given), then=self._event_recorded))

    def _event_recorded(self, said: str) -> None:
        id = said.partition(" ")[0]
        if id.startswith("EV-"):
            self.shell.go("event", id)
            self.shell.say(said)

    def verb_events(self) -> None:
        """Show the events; of the item under the cursor where there is one."""
        self.shell.go("events", *self.event_items()[:1])

    def verb_reviews(self) -> None:
        """Show reviews, milestones and trainings."""
        self.shell.go("reviews")

    def verb_trends(self) -> None:
        """Show events and requests as bars."""
        self.shell.go("trends")

    def verb_trouble(self) -> None:
        """Show the events that are in trouble."""
        self.shell.go("events", "trouble")

    # Standard changes -----------------------------------------------------------------------

    def verb_standard(self) -> None:
        """Start a standard change by a template that is for these items."""
        whole, items = self.shell.whole, self.subjects()

        def opened(found: Sequence[TemplateLine]) -> None:
            if not found:
                self.tell(f"No template is for {listed(items)}; n writes a normal change.", "warn")
                return
            names = {f"{one.id}  {one.name}": one for one in found}
            sheet = dialog("sheet", "By which template?", (), (), "go on", choices=tuple(names))
            self.fill(sheet, lambda given: self._by_template(names[given["choice"]], items))

        self.ask("templates", lambda: whole().duties.templates(items), opened)

    def _by_template(self, template: TemplateLine, items: Sequence[str]) -> None:
        free = tuple(Ask(f"set-{place}", name) for place, name in enumerate(template.free))
        sheet = dialog(
            "sheet",
            template.name,
            (f"A standard change of {listed(items)}: its window lasts {template.window} at most.",),
            (
                Ask("window", "window", "tonight 22:00 2h", "", "Say when, and for how long.", "window"),
                Ask("title", "title", "empty: the template's name with the items"),
                *free,
            ),
            "write it",
        )

        def take(given: dict[str, str]) -> None:
            words = ["--template", template.id, "--window", given["window"]]
            words += [word for one in items for word in ("--item", one)]
            words += ["--title", given["title"]] if given["title"] else []
            words += [
                word
                for place, name in enumerate(template.free)
                if given[f"set-{place}"]
                for word in ("--set", f"{name}={given[f'set-{place}']}")
            ]
            self.perform("change", "new", *words, then=self._written)

        self.fill(sheet, take)

    def _written(self, said: str) -> None:
        id = said.partition(" ")[0]
        self.shell.go("change", id)
        self.shell.say(f"{id} is a draft: s submits it, and its template approves it.")

    # Action items ---------------------------------------------------------------------------

    def about(self) -> tuple[str, tuple[str, ...]]:
        """The record a new action item comes from, and the items it concerns: what is under the cursor."""
        name, ids = self.under()
        if name in ("item", "items"):
            return "", ids
        return (f"{name}:{ids[0]}" if ids and name in ORIGINS else ""), ()

    def verb_action_add(self) -> None:
        """Write a new action item."""
        origin, items = self.about()
        me = self.shell.masthead.person
        words = f"It concerns {listed([one for one in (origin, *items) if one])}." if origin or items else ""
        sheet = dialog(
            "sheet",
            "New action item",
            (words,) if words else (),
            (
                Ask("what", "what", "what is to be done", "", "Say what is to be done."),
                Ask("owner", "owner", "person id", me, "Somebody has to do it.", "person"),
                Ask("due", "due", "tomorrow 09:00, 1 Dec 12:00, +3d", reads="moment"),
                Ask("plan", "plan", "how"),
                Ask("risk", "risk", "what if it is not done"),
                Ask("reviewer", "reviewer", "person id", reads="person"),
            ),
            "initiate",
        )

        def take(given: dict[str, str]) -> None:
            options = {name: given[name] for name in ("owner", "due", "plan", "risk", "reviewer")}
            options["origin"] = origin
            given_words = [word for name, text in options.items() if text for word in (f"--{name}", text)]
            given_words += [word for one in items for word in ("--item", one)]
            self.perform("action", "add", given["what"], *given_words)

        self.fill(sheet, take)

    def take_step(self, id: str, what: str, states: Sequence[str]) -> None:
        """Ask which state an action item goes to, and what that needs."""
        verbs = [STEPS[state][0] for state in states]
        sheet = dialog(
            "sheet",
            f"{id}: next step",
            (what,),
            (
                Ask("evidence", "evidence", "what shows that it is done; closing needs it"),
                Ask("words", "words", "the reason to decline it; whether it helped"),
            ),
            "take it",
            choices=verbs,
        )

        def take(given: dict[str, str]) -> None:
            self.step_to(id, given["choice"], given["evidence"], given["words"])

        self.fill(sheet, take)

    def step_to(self, id: str, verb: str, evidence: str = "", words: str = "") -> None:
        """Run the command of a step with what belongs to it."""
        more: list[str] = []
        if verb in ("done", "close") and evidence:
            more += ["--evidence", evidence]
        if verb == "close" and words:
            more += ["--evaluation", words]
        if verb == "decline":
            more += ["--reason", words]
        self.perform("action", verb, id, *more)

    # Lists ----------------------------------------------------------------------------------

    def verb_actions(self) -> None:
        """Show every action item."""
        self.shell.go("actions")

    def verb_agreements(self) -> None:
        """Show every promise."""
        self.shell.go("agreements")

    def verb_told(self) -> None:
        """Show everything I was told."""
        self.shell.go("inbox")


def event_words(given: Mapping[str, str]) -> list[str]:
    """The command that records an event as it was filled in."""
    kind = given["choice"]
    flag = "--down" if kind in TOOK_DOWN else "--item"
    words = ["event", "record", *(f"{flag}={one}" for one in given["items"].replace(",", " ").split())]
    words += {"is degraded": ["--degraded"], "may come": ["--potential"], "request": ["--request"]}.get(
        kind, []
    )
    if kind == "request" and not given["agreement"]:
        words.append("--outside")
    at = "" if given["at"] == "now" or kind == "request" else given["at"]
    options = {
        **{name: given[name] for name in ("reporter", "contact", "party", "agreement", "responsible")},
        "at": at,
    }
    words += [f"--{name}={text}" for name, text in options.items() if text]
    return [*words, "--", given["what"]]
