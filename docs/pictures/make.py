"""Draw the pictures of the README from the running app, on the site the demo leaves behind.

    python docs/pictures/make.py [SITE]

SITE is a finished demo, which is copied; without one, a fresh one is built. Writes docs/pictures/*.svg.
"""

import asyncio
import contextlib
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from cmdb import site as sites  # noqa: E402 - the repository is on the path only now
from cmdb.canonical import instant  # noqa: E402
from tui import cli, desk  # noqa: E402
from tui.app import CmdbApp  # noqa: E402
from tui.reads import FastSite  # noqa: E402

EVENING = instant("2026-11-22T22:52:00Z")
MANAGER = "a.vries"
SIZE = (96, 30)


CHANGE = """title: Move gate control to the new cluster
reason: The old one has no spare parts.
implementer: l.hansen
window: {start: 2026-11-29T22:00:00Z, end: 2026-11-30T00:00:00Z}
down: {items: [app-gate-os], expected: 20m, worst: 45m}
changes:
  - {item: app-gate-os, set: {version: "9.0"}}
backout: Start the old one again; 4 minutes, tried on 20 November.
test: A truck passes every lane.
"""


def main() -> int:
    """Draw every picture."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], site)
        else:
            run("demo", str(site))
        file = Path(folder) / "change.yaml"
        file.write_text(CHANGE, "utf-8")
        run("change", "new", "--file", str(file), site=site)
        for step in ("submit", "assess", "refer"):
            run("change", step, "CR-6", site=site)
        ballot = asyncio.run(picture(site, ("board",), ("CR-6", "promise", "BREACH"), key="down"))
        (HERE / "ballot.svg").write_text(ballot, "utf-8")
        impact = asyncio.run(picture(site, ("impact", "vm-db-1"), ("Saved", "Promises", "5 min left")))
        (HERE / "impact.svg").write_text(impact, "utf-8")
    return 0


def run(*words: str, site: Path | None = None) -> None:
    """Run one command line, in silence. Leaves when it fails."""
    environ = {"CMDB_NOW": "2026-11-22T22:52:00Z", "CMDB_PERSON": "l.hansen"}
    if site is not None:
        environ |= {"CMDB_SITE": str(site), "CMDB_KEYS": str(site / "keys")}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as told:
        code = cli.run(words, environ)
    if code:
        raise SystemExit(f"cmdb {' '.join(words)}: {told.getvalue()}")


async def picture(site: Path, place: tuple[str, ...], sees: tuple[str, ...], *, key: str = "") -> str:
    """A place as the service manager has it, once it shows these words; as SVG. `key`: pressed first."""
    found = sites.find(site, str(site), None)
    whole = desk.opened(found, MANAGER, clock, {"CMDB_KEYS": str(site / "keys")})
    app = CmdbApp(FastSite(found, MANAGER, clock), lambda: whole, start=place[0], subjects=place[1:])
    try:
        async with app.run_test(size=SIZE) as pilot:
            if key:
                await seen(lambda: drawn(app), "CR-4", "CR-6", "evidence")
                if "─ CR-6" not in drawn(app):
                    await pilot.press(key)
            await seen(lambda: drawn(app), *sees)
            await pilot.pause()
            return steady(app.export_screenshot(title="cmdb"))
    finally:
        whole.close()


async def seen(screen: Callable[[], str], *words: str) -> None:
    """Wait until the screen shows these words."""
    for _ in range(3000):
        await asyncio.sleep(0.01)
        if all(word in screen() for word in words):
            return
    raise SystemExit(f"The app never showed {words}:\n{screen()}")


def drawn(app: CmdbApp) -> str:
    """What the terminal shows, as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def steady(svg: str) -> str:
    """The same picture with names that do not differ from run to run, and no font from the network."""
    found = re.search(r"terminal-\d+", svg)
    svg = svg.replace(found[0], "terminal-cmdb") if found else svg
    return re.sub(r"\s*@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.DOTALL)


def clock() -> datetime:
    """The evening the demo ends."""
    return EVENING


if __name__ == "__main__":
    sys.exit(main())
