"""The answer to `cmdb --json impact ID...`: the read path and nothing else.

Whatever goes wrong is left to `tui.cli`, which begins from the start and says so: nothing has been
printed by then, so the two ways cannot differ.
"""

import gc
from collections.abc import Mapping
from pathlib import Path

from cmdb import site
from cmdb.errors import CmdbError
from cmdb.impact import Impact
from cmdb.impact import impact as answer_of
from cmdb.impact_record import written
from cmdb.reading import Reader
from tui import pieces
from tui.short_way import Asked


def answered(asked: Asked, environ: Mapping[str, str]) -> bool:
    """Answer on stdout and tell so, or print nothing and leave it to the command line."""
    answer = _answer(asked, environ)
    if answer is None:
        return False
    pieces.put(written(answer))
    return True


def _answer(asked: Asked, environ: Mapping[str, str]) -> Impact | None:
    """The answer; None for what the command line has to say something about."""
    try:
        found = site.find(Path.cwd(), asked.site or None, environ.get("CMDB_SITE"))
        gc.disable()  # a large answer is millions of objects and no cycle: nobody need look through them
        with Reader.open(found.url) as reader, reader.question() as estate:
            return answer_of(estate, asked.ids, everything=asked.exposed)
    except (CmdbError, OSError):
        gc.enable()
        return None
