"""What is done with one event, from the list and from its sheet: every step asks in a small form.

Each runs the command that does it; a refusal opens the form again. Source: rules.md 9, Event.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tui.event_source import EventCard
from tui.present import counted, listed
from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.event_lines import PRIORITIES
from tui.screens.place import Place

# The act of the event's life a verb stands for.
ACTS = {
    "assess": "analyse",
    "confirm": "confirm",
    "start": "start",
    "finish": "resolve",
    "close": "close",
    "reopen": "reopen",
    "withdraw": "withdraw",
    "edit": "amend",
    "hand_over": "amend",
    "connect": "link",
}
NEXT = {
    "recorded": ("assess", "assess: what it does to services and promises"),
    "analysed": ("confirm", "confirm that the computed impact is what you see"),
    "confirmed": ("start", "take it in hand"),
    "in progress": ("finish", "say how it was resolved"),
    "resolved": ("close", "close it: that is final"),
}
FEW = 4


class Step(NamedTuple):
    """The verb that takes an event on, and what it does."""

    verb: str = ""
    words: str = ""


def step_of(card: EventCard) -> Step:
    """The next step of an event; empty when it is over."""
    confirmed = card.said is not None and card.said.role != "warn"
    state = "confirmed" if card.line.state == "analysed" and confirmed else card.line.state
    return Step(*NEXT.get(state, ("", "")))


class EventVerbs(Place):
    """A screen with an event under the cursor or as its subject."""

    def card(self) -> EventCard | None:
        """The event a verb applies to, once it is read."""
        raise NotImplementedError

    def guard(self, name: str) -> str:
        card = self.card()
        if card is not None and name in ACTS:
            return card.against.get(ACTS[name], "")
        if card is not None and name == "step":
            step = step_of(card)
            if not step.verb:
                return f"{card.line.id} is {card.line.state}, and that is final."
            return card.against.get(ACTS[step.verb], "")
        if name in (*ACTS, "step", "action_add", "impact", "new") and not self.subjects():
            return "Nothing is under the cursor."
        return super().guard(name)

    def step_hints(self) -> tuple[str, ...]:
        """The steps worth a key now."""
        card = self.card()
        return ("step",) if card is not None and not self.guard("step") else ()

    def verb_step(self) -> None:
        """Take it one step on."""
        card = self.card()
        if card is not None:
            getattr(self, f"verb_{step_of(card).verb}")()

    # Steps ----------------------------------------------------------------------------------

    def verb_assess(self) -> None:
        """Compute what it does to services and promises."""
        self.perform("event", "analyse", self.subjects()[0])

    def verb_confirm(self) -> None:
        """Say that the computed impact is what one sees, or in what it differs."""
        card = self.card()
        if card is None or card.said is None:
            return
        hit = [f"{service} {effect}" for effect, service in card.impact]
        words = [card.said.text, f"Services: {listed(hit, FEW)}." if hit else "No service is hit."]
        words.append(f"{counted(len(card.promises), 'promise')} at stake.")
        now = card.line.priority
        sheet = dialog(
            "sheet",
            f"Is that what you see of {card.line.id}?",
            words,
            (Ask("note", "differs", "in what it differs; may stay empty"),),
            "confirm",
            choices=(now, *(one for one in PRIORITIES if one != now)),
        )
        id = card.line.id

        def take(given: dict[str, str]) -> None:
            note = (f"--note={given['note']}",) if given["note"] else ()
            other = (f"--priority={given['choice']}",) if given["choice"] != now else ()
            self.perform("event", "confirm", id, *other, *note)

        self.fill(sheet, take)

    def verb_start(self) -> None:
        """Take it in hand, or give it to who does."""
        self._give("start", "take in hand", "Whoever takes it in hand answers for it until it is closed.")

    def verb_hand_over(self) -> None:
        """Say who takes care of it."""
        self._give("amend", "assign", "Whoever is responsible is told, and has it in Today.")

    def _give(self, act: str, verb: str, words: str) -> None:
        card = self.card()
        id = self.subjects()[0]
        value = (card.line.responsible if card else "") or self.shell.masthead.person
        asks = (Ask("person", "who", "person id", value, "Say who takes care of it.", "person"),)
        sheet = dialog("sheet", f"{id}: who takes care of it?", (words,), asks, verb, first="person")
        self.fill(sheet, lambda got: self.perform("event", act, id, "--responsible", got["person"]))

    def verb_finish(self) -> None:
        """Say how it was resolved, and when what was down was up again."""
        card = self.card()
        if card is None:
            return
        id = card.line.id
        asks = [Ask("how", "how", "how it was resolved", "", "Say how it was resolved.")]
        if card.line.down:
            asks.append(
                Ask(
                    "until", "up again", f"when {listed(card.line.down, 2)} was up again", "now", reads="past"
                )
            )
        known = next((one.subject for one in card.links if one.label == "fixed by"), "")
        asks.append(
            Ask("fixed-by", "fixed by", "the change request that fixed it: CR-7", known, reads="change")
        )
        words = (card.lacks,) if card.lacks else ()
        sheet = dialog("sheet", f"{id} is resolved", words, asks, "resolve")

        def take(given: dict[str, str]) -> None:
            more = [
                word
                for name in ("until", "fixed-by")
                if given.get(name)
                for word in (f"--{name}", given[name])
            ]
            self.perform("event", "resolve", id, f"--how={given['how']}", *more)

        self.fill(sheet, take)

    def verb_close(self) -> None:
        """Close it, after a question."""
        id = self.subjects()[0]
        sheet = dialog("sheet", f"Close {id}", ("A closed event stays closed.",), (), "close", grave=True)
        self.fill(sheet, lambda _got: self.perform("event", "close", id))

    def verb_reopen(self) -> None:
        """Take it in hand again."""
        self._because("reopen", "Why is it not resolved after all?", "reopen", grave=False)

    def verb_withdraw(self) -> None:
        """Take back an event recorded by mistake."""
        self._because("withdraw", "Its outages count no more. That is final.", "withdraw", grave=True)

    def _because(self, act: str, words: str, verb: str, *, grave: bool) -> None:
        id = self.subjects()[0]
        asks = (Ask("reason", "why", "the reason", "", "Say why."),)
        sheet = dialog("sheet", f"{verb.capitalize()} {id}", (words,), asks, verb, grave=grave)
        self.fill(sheet, lambda got: self.perform("event", act, id, f"--reason={got['reason']}"))

    # What is known of it ----------------------------------------------------------------------

    def verb_edit(self) -> None:
        """Correct what was recorded."""
        card = self.card()
        if card is None:
            return
        was, id = dict(card.fields), card.line.id
        asks = (
            Ask(
                "description",
                "what",
                "what happened, or is asked for",
                was["description"],
                "Say what happened.",
            ),
            Ask(
                "items",
                "items",
                "every item it concerns",
                was["items"],
                "It concerns at least one item.",
                "items",
            ),
            Ask("down", "down", "those of them that were out; empty: none", was["down"], reads="items"),
            Ask("at", "occurred", "22 Nov 23:30", was["at"], "It occurred some time.", "happened"),
            Ask("until", "over", "empty: it still goes on", was["until"], reads="past"),
            Ask("reporter", "reporter", "who reported it", was["reporter"], "Somebody reported it."),
            Ask("contact", "contact", "how to reach them", was["contact"]),
            Ask("party", "party", "the customer they speak for", was["party"], reads="party"),
            Ask("due", "due", "empty: what the agreement says", was["due"], reads="moment"),
        )
        sheet = dialog("sheet", f"Correct {id}", ("Outages and deadlines follow.",), asks, "correct")

        def take(given: dict[str, str]) -> None:
            words = corrected(was, given)
            if words:
                self.perform("event", "amend", id, *words)
            else:
                self.tell("Nothing is changed.", "dim")

        self.fill(sheet, take)

    def verb_connect(self) -> None:
        """Link it to what caused and fixed it, to claims and outages."""
        card = self.card()
        if card is None:
            return
        id = card.line.id
        was = {one.label: one.subject for one in card.links}
        asks = (
            Ask("caused-by", "caused by", "CR-7; empty: no change", was.get("caused by", ""), reads="change"),
            Ask("fixed-by", "fixed by", "CR-7; empty: no change", was.get("fixed by", ""), reads="change"),
            Ask("claim", "claims", "calamities and unmet conditions, by id", reads="claims"),
            Ask("outage", "outages", "out-0003", reads="outages"),
        )
        sheet = dialog("sheet", f"What {id} has to do with", (), asks, "link")

        def take(given: dict[str, str]) -> None:
            words = [
                f"--{name}={given[name]}"
                for name, label in (("caused-by", "caused by"), ("fixed-by", "fixed by"))
                if given[name] != was.get(label, "")
            ]
            for name in ("claim", "outage"):
                words += [f"--{name}={one}" for one in given[name].replace(",", " ").split()]
            if words:
                self.perform("event", "link", id, *words)
            else:
                self.tell("Nothing is changed.", "dim")

        self.fill(sheet, take)

    # What comes of it -------------------------------------------------------------------------

    def verb_impact(self) -> None:
        """Show what fails while its items are down."""
        items = self._items()
        if items:
            self.shell.go("impact", *items)

    def verb_new(self) -> None:
        """Start a change request of its items."""
        items = self._items()
        if items:
            self.shell.go("new", *items)

    def _items(self) -> Sequence[str]:
        card = self.card()
        return (card.line.down or card.line.items) if card else ()

    def about(self) -> tuple[str, tuple[str, ...]]:
        """A new action item comes from the event."""
        return f"event:{self.subjects()[0]}", ()


def corrected(was: dict[str, str], given: dict[str, str]) -> list[str]:
    """The options of a correction: what was typed otherwise than it stood there."""
    words: list[str] = []
    for name in ("description", "at", "reporter", "contact", "party", "due"):
        if given[name] != was[name]:
            words.append(f"--{name}={given[name]}")
    if given["until"] != was["until"]:
        words.append(f"--until={given['until'] or 'running'}")
    for name, option in (("items", "item"), ("down", "down")):
        if given[name].split() != was[name].split():
            words += [f"--{option}={one}" for one in given[name].replace(",", " ").split()]
    if was["down"] and not given["down"]:
        words.append("--nothing-down")
    return words
