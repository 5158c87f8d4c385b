"""Where commands find the library: the workplace with the vault, and what was proved here before."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from baselines.library import Library
from tui.context import Invocation
from tui.workplace import Workplace


@contextmanager
def at_library(invocation: Invocation) -> Iterator[tuple[Workplace, Library]]:
    """Open both stores of the site for one command; leaves nothing open and no program running."""
    with Library.open(invocation.site) as library:
        try:
            yield Workplace(invocation, library.store), library
        finally:
            library.store.engine.dispose()


def proved_file(environ: Mapping[str, str]) -> Path:
    """Where this person's machine remembers what was proved: outside every site."""
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "cmdb" / "proved.json"
