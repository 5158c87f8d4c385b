"""Drafting requests about whole sets: a baseline of a scope, a control level up or down, a release.

Each form runs the command as it stands: what it would do is shown first, and `A` on that page drafts the
request. Nothing here decides anything. Source: rules.md 7, Control levels; 8, Releases.
"""

from tui.screens.asks import Ask
from tui.screens.directory import dialog
from tui.screens.place import Place

SCOPES = "service:svc-mail, customer:acme, type:server, all"
SHOWN_FIRST = "What it would do is shown first; A on that page drafts the request."


class ScopeVerbs(Place):
    """A screen from which requests about sets of items are drafted."""

    def items_here(self) -> tuple[str, ...]:
        """The items a set begins with: marked, or under the cursor."""
        name, ids = self.under()
        return ids if name in ("item", "items") else ()

    def verb_promote(self) -> None:
        """Draft the request that moves items up a control level."""
        asks = (
            self._what("items, or one scope: " + SCOPES),
            Ask("m", "why", "as the board reads it"),
            Ask("criterion", "criterion", "why they are items, where they do not say"),
            Ask("reviewer", "reviewer", "where the policy asks for one", reads="person"),
        )
        sheet = dialog(
            "sheet", "Promote", (SHOWN_FIRST,), asks, "show it", choices=("controlled", "baselined")
        )
        self.fill(sheet, lambda got: self._run("promote", f"--to={got['choice']}", got=got))

    def verb_demote(self) -> None:
        """Draft the request that moves items down a control level."""
        asks = (
            self._what("items, or one scope"),
            Ask("m", "why", "as the board reads it"),
            Ask("reviewer", "reviewer", "where the policy asks for one", reads="person"),
        )
        self.fill(
            dialog("sheet", "Demote to controlled", (SHOWN_FIRST,), asks, "show it"),
            lambda got: self._run("demote", got=got),
        )

    def verb_establish(self) -> None:
        """Draft the request that gives a scope a baseline of its own."""
        here = self.items_here()
        scope = f"service:{here[0]}" if len(here) == 1 else ""
        asks = (
            Ask("what", "scope", f"{SCOPES}, list:NAME", scope or ("list:" if here else ""), "Name a scope."),
            Ask(
                "items",
                "items",
                "only of a list:NAME",
                " ".join(here) if len(here) > 1 else "",
                reads="items",
            ),
            Ask("m", "why", "why it gets a baseline", "", "Say why."),
        )
        sheet = dialog("sheet", "A baseline of a scope", (SHOWN_FIRST,), asks, "show it")

        def take(given: dict[str, str]) -> None:
            items = [f"--item={one}" for one in given["items"].replace(",", " ").split()]
            self.shell.run_words(("baseline", "establish", given["what"], *items, "-m", given["m"]))

        self.fill(sheet, take)

    def verb_release_new(self) -> None:
        """Draft the request to release a product."""
        baseline = next((one for one in self.subjects() if one.startswith("BL-")), "")
        asks = (
            Ask("product", "product", "what it is called", "", "Say which product."),
            Ask("version", "version", "2.1", "", "Say which version."),
            Ask("service", "service", "all that it needs; or name items below", reads="service"),
            Ask("item", "items", "each with what it needs", reads="items"),
            Ask("baseline", "from", "the newest where it stays empty", baseline),
            Ask("reason", "why", "why it is released"),
        )
        sheet = dialog(
            "sheet", "New release", ("The board authorises it before it is built.",), asks, "draft"
        )

        def take(given: dict[str, str]) -> None:
            words = [f"--{name}={given[name]}" for name in ("service", "baseline", "reason") if given[name]]
            words += [f"--item={one}" for one in given["item"].replace(",", " ").split()]
            named = (given["product"], given["version"])
            self.perform("release", "new", *words, "--", *named, then=self.drafted)

        self.fill(sheet, take)

    def drafted(self, said: str) -> None:
        """Show the request that was drafted."""
        new = next((word for word in said.replace(":", " ").split() if word.startswith("CR-")), "")
        if new:
            self.shell.go("change", new)

    def _what(self, hint: str) -> Ask:
        return Ask("what", "what", hint, " ".join(self.items_here()), "Say what.")

    def _run(self, *words: str, got: dict[str, str]) -> None:
        """Run a command that shows its plan, with what was typed."""
        more = [f"--{name}={got[name]}" for name in ("criterion", "reviewer") if got.get(name)]
        more += ["-m", got["m"]] if got["m"] else []
        self.shell.run_words((words[0], *got["what"].replace(",", " ").split(), *words[1:], *more))
