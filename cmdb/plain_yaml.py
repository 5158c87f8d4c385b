"""YAML as people write it by hand: without aliases, and without halves of characters.

Aliases let a few lines stand for gigabytes. Characters written in two halves, as JSON escapes them,
are no text. Both are refused at their line. Nothing here reads a file. Source: docs/security.md, Input.
"""

from typing import Any

import yaml

_HALVES = range(0xD800, 0xE000)


class PlainNodes(yaml.parser.Parser, yaml.composer.Composer):
    """What goes before a loader of YAML so that it refuses aliases and characters in halves."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose what comes next; nobody needs an alias here."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not used here", event.start_mark
            )
        found = super().compose_node(parent, index)
        if isinstance(found, yaml.ScalarNode) and (wrong := halves(found.value)):
            raise yaml.composer.ComposerError(None, None, wrong, found.start_mark)
        return found


class Plain(PlainNodes, yaml.SafeLoader):
    """Safe YAML that refuses aliases and characters in halves."""


def halves(text: str) -> str:
    """Say how a character in two halves is written as one; empty when there is none in the text."""
    split = next((one for one in text if ord(one) in _HALVES), "")
    if not split:
        return ""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    meant = next((one for one in whole if ord(one) > 0xFFFF), "")
    instead = f"write {meant} or \\U{ord(meant):08X}" if meant else "it stands for no character"
    return f"\\u{ord(split):04x} is half a character, as JSON escapes it; {instead}"


def expanded(content: Any) -> int:
    """How many values a document stands for, with each alias written out; memory does not grow with it.

    Raises ValueError for a document that holds itself.
    """
    sizes: dict[int, int] = {}
    waiting: list[tuple[Any, bool]] = [(content, False)]
    open_: set[int] = set()
    while waiting:
        one, done = waiting.pop()
        inner = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        if done:
            sizes[id(one)] = 1 + sum(sizes.get(id(part), 1) for part in inner)
            open_.discard(id(one))
        elif id(one) in open_:
            raise ValueError("it holds itself")
        elif inner and id(one) not in sizes:
            open_.add(id(one))
            waiting.append((one, True))
            waiting += [(part, False) for part in inner if isinstance(part, dict | list)]
    return sizes.get(id(content), 1)
