"""The driver of a terminal that sends every picture in as few bytes as show it."""

from textual.driver import Driver

from tui.wire import spare


def sparing(plain: type[Driver]) -> type[Driver]:
    """A driver like the one given, on whose line `wire.spare` saves."""

    def write(self: Driver, data: str) -> None:
        plain.write(self, spare(data) if "\x1b[" in data else data)

    return type("Sparing", (plain,), {"write": write})
