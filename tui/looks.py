"""How the app is drawn for one person at one terminal: theme, glyphs, and whether it can be at all.

Asked once, before anything is drawn. The theme is that of CMDB_THEME, else the one last taken at this
site, else the one its `site.toml` names, else dark. Nothing here knows Textual.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from cmdb.checks import shown
from cmdb.errors import Refused
from cmdb.site import Site
from tui.kept import Kept

DUMB = ("dumb", "unknown")  # terminals that say of themselves that they cannot move a cursor


class Looks(NamedTuple):
    """What was settled; `said` is empty unless something asked for could not be had."""

    theme: str
    ascii_only: bool
    said: str = ""


def looks(
    environ: Mapping[str, str],
    site: Site,
    known: Collection[str],
    *,
    ascii_only: bool = False,
    encoding: str | None = "utf-8",
) -> Looks:
    """Settle how the app is drawn; `known` are the themes there are, the first of them the default.

    ASCII alone is drawn where it is asked for, and where the terminal takes no UTF-8. Raises Refused
    where the terminal says that it cannot be drawn on.
    """
    term = environ.get("TERM", "").lower()
    if term in DUMB:
        raise Refused(
            f"The app needs a terminal it can draw on, and TERM is '{term}'.",
            "Set TERM to what the terminal is, such as xterm-256color, or use commands: 'cmdb inbox' shows"
            " what waits for you, 'cmdb --help' lists them all.",
        )
    plain = (encoding or "").lower().replace("-", "").replace("_", "") != "utf8"
    default, *_ = known
    wanted = (
        (environ.get("CMDB_THEME", ""), "CMDB_THEME"),
        (remembered(environ, site), ""),
        (site.theme, "site.toml"),
    )
    said = ""
    for theme, where in wanted:
        if theme in known:
            return Looks(theme, ascii_only or plain, said)
        if theme and where:
            said = said or f"{where} asks for the theme '{shown(theme)}'; there are {', '.join(known)}."
    return Looks(default, ascii_only or plain, said)


def remembered(environ: Mapping[str, str], site: Site) -> str:
    """The theme this person took last at this site; empty when none was."""
    return Kept(environ, site.path).read("looks", "theme").get("name", "")


def remember(environ: Mapping[str, str], site: Site, theme: str) -> None:
    """Keep the theme a person took, for the next time the app opens on this site."""
    Kept(environ, site.path).write("looks", "theme", {"name": theme})
