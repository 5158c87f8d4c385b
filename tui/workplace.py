"""Where commands find the store, who acts and their key. Loads the store, not the library."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from baselines import heads
from cmdb import signatures, tables_catalogue, tables_promises
from cmdb.errors import NotFound, Refused
from cmdb.model import Person
from cmdb.people import key_owner, who
from cmdb.store import Store
from tui import clockface
from tui.context import Invocation

# Importing this says where agreements, outages and freezes are kept; the use cases name only values.
KEPT = (tables_promises, tables_catalogue)


class Workplace:
    """The store of the site, the moment, and the person who acts."""

    def __init__(self, invocation: Invocation, store: Store, *, settles: bool = True) -> None:
        self.invocation = invocation
        self.settles = settles  # whether what it is opened for settles the library before it writes
        self.site = invocation.site
        self.store = store
        self.at = invocation.now()

    @property
    def actor(self) -> str:
        """Who acts. Raises Refused for an account nobody registered, and where nothing may be written."""
        found = self.invocation.actor(self._of_login)
        if not self.settles:
            with self.store.read() as uow:
                heads.refuse_apart(uow, self.site.library)
        return found

    @property
    def asker(self) -> str:
        """Who asks what waits for them. Raises NotFound for a name nobody bears: that is no quiet day."""
        found = self.actor
        with self.store.read() as uow:
            if uow.find(Person, found) is None:
                raise NotFound(
                    f"There is no person '{found}'.",
                    "Say who you are with --as PERSON; 'cmdb person list' lists everybody.",
                )
        return found

    @property
    def reader(self) -> str:
        """Who looks; empty for an account nobody registered."""
        return self.invocation.person(self._of_login)

    def key(self) -> Path:
        """The key the actor signs with. Raises Refused, with the command that registers one."""
        with self.store.read() as uow:
            person = uow.find(Person, self.actor)
            if person is None:
                raise Refused(
                    f"'{self.actor}' is not registered here.",
                    "Say who you are with --as PERSON, or ask the CM group to register you.",
                )
            return signatures.choose_key(person, self.invocation.environ, partial(key_owner, uow))

    def said(self, at: datetime) -> str:
        """A moment as a person reads it, in the site's zone, which is named."""
        return clockface.clock(at)

    def _of_login(self, login: str) -> str:
        with self.store.read() as uow:
            return who(uow, login=login)


@contextmanager
def at_work(invocation: Invocation) -> Iterator[Workplace]:
    """Open the site's store for one command; leaves nothing open."""
    store = Store.open(invocation.site.url)
    try:
        yield Workplace(invocation, store, settles=False)
    finally:
        store.engine.dispose()
