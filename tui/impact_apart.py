"""A large question about impact in a process of its own, so that its Python never stands in a key's way.

The site's address and the ids go to that process on its stdin, never on its command line, which others
may read; what comes back is the card, which lists only the first of very many. A process that fails
gives no answer, and who asked follows the outage himself. Loads the read path alone.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Collection, Sequence
from threading import Lock
from zoneinfo import ZoneInfo

from cmdb.errors import Refused
from cmdb.estate import Rising
from cmdb.impact import impact
from cmdb.reading import Reader
from cmdb.reading_graph import StoredEstate
from tui import beginning  # noqa: F401 - else a twentieth of it is looking for cycles
from tui.impact_cards import impact_card
from tui.views import ImpactCard

SMALL = 2_000  # items followed upwards in the process that asks: fewer cost less than another process


class Large(Exception):
    """More is followed than should be in the process that draws."""


class Bounded(StoredEstate):
    """The estate for a question that must stay small: following more raises Large."""

    left = SMALL

    def rising(self, targets: Collection[int]) -> Rising:
        """Give what needs these items. Raises Large."""
        self.left -= len(targets)
        if self.left < 0:
            raise Large
        return super().rising(targets)


class Apart:
    """Asks about impact in processes of its own, which end with it."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()
        self._closed = False

    def ask(self, url: str, zone: str, ids: Sequence[str]) -> ImpactCard | None:
        """Follow an outage in another process; None where that process did not end well.

        Raises Refused once nobody waits for an answer any more.
        """
        here = os.pathsep.join(one for one in sys.path if one)  # the program that runs here
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                env={**os.environ, "PYTHONPATH": here},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:  # no room for another process
            return None
        with child:
            with self._lock:
                self._running.add(child)
                if self._closed:
                    child.kill()
            try:
                said, _words = child.communicate(json.dumps([url, zone, list(ids)]).encode())
            finally:
                with self._lock:
                    self._running.discard(child)
        if self._closed:
            raise Refused("The question was not answered before the app was left.", "Ask again in the app.")
        if child.returncode != 0:
            return None
        card: ImpactCard = pickle.loads(said)  # written by our own program, on a pipe of ours
        return card

    def close(self) -> None:
        """End what still runs, and what may begin yet."""
        with self._lock:
            self._closed = True
            for one in self._running:
                one.kill()


def main() -> None:
    """Answer the question on stdin, on stdout."""
    url, zone, ids = json.load(sys.stdin)
    with Reader.open(url) as reader, reader.question() as estate:
        card = impact_card(impact(estate, ids), ZoneInfo(zone))
    sys.stdout.buffer.write(pickle.dumps(card))


if __name__ == "__main__":
    main()
