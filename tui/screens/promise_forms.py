"""What screens about promises ask in small forms: observations, needs, freezes and agreed windows.

Each runs the command that does it; a refusal opens the form again. Source: terminal.md, The app.
"""

from tui.duty_views import AgreementLine
from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.place import Place

_NOTHING = "Nothing is promised here: open an agreement, or go to the line of a promise."
_OF_PROMISES = ("observe", "observations", "need", "needs")
_TIMES = (
    Ask("from", "from", "24 Dec 12:00", "now", "Say when it begins.", "moment"),
    Ask("until", "until", "27 Dec 12:00; with a rule: until when it comes back", reads="moment"),
    Ask("for", "for", "or how long: 4h, 3d", reads="length"),
    Ask("every", "comes back", "a rule: FREQ=WEEKLY;BYDAY=SU, FREQ=YEARLY;BYMONTH=12"),
    Ask("at", "at", "with a rule, at what time: 01:00"),
    Ask("service", "services", "ids; with no services, items or types: everything", reads="services"),
    Ask("item", "items", "ids", reads="items"),
    Ask("type", "types", "types of items, such as database", reads="types"),
    Ask("reason", "reason", "why"),
)
_SEVERAL = ("service", "item", "type")


class PromiseForms(Place):
    """What a screen can do about promises and the calendar around them."""

    def promise(self) -> AgreementLine | None:
        """The promise under the cursor, or the first of what is shown."""
        return None

    def guard(self, name: str) -> str:
        if name in _OF_PROMISES and self.promise() is None:
            return _NOTHING
        return super().guard(name)

    # Calendar -------------------------------------------------------------------------------

    def verb_freeze(self) -> None:
        """Declare a freeze, once or coming back."""
        words = "While it lasts, no planned work may touch what it names; naming nothing, any."
        self._entry("freeze", "New freeze", words, "Holiday peak", "declare")

    def verb_window(self) -> None:
        """Agree on a window, once or coming back."""
        words = "Work it concerns that lies outside of it, or is longer, is a conflict."
        self._entry("window", "New agreed window", words, "Sunday nights", "agree")

    def _entry(self, noun: str, title: str, words: str, example: str, verb: str) -> None:
        asks = (Ask("title", "title", example, "", "Say what it is called."), *_TIMES)

        def take(given: dict[str, str]) -> None:
            options: list[str] = []
            for name, text in given.items():
                if name != "title" and text:
                    parts = text.replace(",", " ").split() if name in _SEVERAL else [text]
                    options += [word for one in parts for word in (f"--{name}", one)]
            self.perform(noun, "add", given["title"], *options)

        self.fill(dialog("sheet", title, (words,), asks, verb), take)

    # Promises -------------------------------------------------------------------------------

    def verb_observe(self) -> None:
        """Record what was seen of a quantity that is promised."""
        one = self.promise()
        if one is None:
            return
        asks = (
            Ask("service", "service", "id", one.service, "Say of which service.", "service"),
            Ask(
                "quantity",
                "quantity",
                "response time",
                one.level.quantity if one.level else "",
                "Say of what.",
            ),
            Ask("value", "value", "12 min, 1.8 s, 99.2 %; or leave it and give from"),
            Ask("at", "seen at", "now, or 14:10", reads="past"),
            Ask("from", "from", "in place of a value: when it started", reads="past"),
            Ask("until", "until", "and when it was over", reads="past"),
            Ask("reference", "reference", "what was measured, such as an incident"),
            Ask("note", "note", "what is known about it"),
        )

        def take(given: dict[str, str]) -> None:
            value = (given["value"],) if given["value"] else ()
            names = ("at", "from", "until", "reference", "note")
            options = [word for name in names if given[name] for word in (f"--{name}", given[name])]
            self.perform("observation", "record", given["service"], given["quantity"], *value, *options)

        words = "Seen once, or a stretch of time of which a promise may count only the service hours."
        self.fill(dialog("sheet", "New observation", (words,), asks, "record", first="value"), take)

    def verb_observations(self) -> None:
        """Show what was seen of the service."""
        one = self.promise()
        if one is not None:
            self.shell.run_words(("observation", "list", one.service))

    def verb_need(self) -> None:
        """Note what the customer needs."""
        one = self.promise()
        if one is None:
            return
        asks = (
            Ask("id", "id", "such as acme-mail-by-night", "", "Give it an id."),
            Ask("what", "what", "what is needed, in the customer's words", "", "Say what is needed."),
            Ask("service", "service", "the service in use it is about", one.service, reads="service"),
            Ask("quantity", "quantity", "what can be measured, such as availability"),
            Ask("target", "target", "how much of it: 99.5 %, 4 h"),
            Ask("priority", "priority", "must, should or could", reads="must|should|could"),
            Ask("source", "source", "who said so, and where"),
        )

        def take(given: dict[str, str]) -> None:
            names = ("what", "service", "quantity", "target", "priority", "source")
            options = [word for name in names if given[name] for word in (f"--{name}", given[name])]
            self.perform("need", "add", given["id"], "--customer", one.customer, *options)

        words = (
            f"What {one.customer} needs; ':need compare {one.customer}' holds it against what is promised."
        )
        self.fill(dialog("sheet", "New need", (words,), asks, "note"), take)

    def verb_needs(self) -> None:
        """Show needs then, needs now, and what is promised."""
        one = self.promise()
        if one is not None:
            self.shell.run_words(("need", "compare", one.customer))

    def verb_catalogue(self) -> None:
        """Show the standard services."""
        self.shell.run_words(("catalogue", "list"))
