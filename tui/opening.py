"""Open the app on the site of a command line, with the looks that fit the terminal."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import import_module

from cmdb.site import Site
from cmdb.watching import Watch
from tui.app import CmdbApp
from tui.colon import Commands
from tui.context import Invocation
from tui.looks import looks, remember
from tui.mishaps import place
from tui.reads import FastSite
from tui.sources import Source
from tui.widgets.themes import NAMES

SWITCH = 0.0005  # seconds a thread may compute while a key waits for its turn


def run(invocation: Invocation, *, start: str = "today", subjects: tuple[str, ...] = ()) -> int:
    """Open the app on the site of a command line, until the person leaves it; gives the exit code.

    Raises Refused where the terminal cannot be drawn on.
    """
    site, environ = invocation.site, invocation.environ
    settled = looks(environ, site, NAMES, ascii_only=_wants_ascii(invocation), encoding=sys.stdout.encoding)
    fast = FastSite(site, "", invocation.now)
    fast.person = invocation.person(fast.person_of_login)
    app = CmdbApp(
        fast,
        lambda: desk(site, fast.person, invocation.now, environ),
        start=start,
        subjects=subjects,
        line=lambda: commands(invocation, fast.person),
        log=place(environ),
        watch=lambda: Watch(site.url),
        theme=settled.theme,
        ascii_only=settled.ascii_only,
        keep_theme=partial(remember, environ, site),
        greeting=settled.said,
    )
    sys.setswitchinterval(SWITCH)
    app.run()
    return app.return_code or 0


def _wants_ascii(invocation: Invocation) -> bool:
    return invocation.ascii_only or bool(invocation.environ.get("CMDB_ASCII"))


def commands(invocation: Invocation, person: str) -> Commands:
    """Load the rooms that run commands, for this site and as this person."""
    made: Commands = import_module("tui.running").opened(invocation, person)
    return made


def desk(site: Site, person: str, clock: Callable[[], datetime], environ: Mapping[str, str]) -> Source:
    """Load the heavy rooms and open them on a site."""
    made: Source = import_module("tui.desk").opened(site, person, clock, environ)
    return made
