"""How the app is drawn: theme, glyphs, and terminals it cannot be drawn on."""

from pathlib import Path

import pytest

from cmdb import site as sites
from cmdb.errors import Refused
from cmdb.site import Site
from tui.looks import Looks, looks, remember

KNOWN = ("dark", "light", "high-contrast")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state"), "TERM": "screen"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(path=tmp_path, name="harbour", theme="light")


def test_the_theme_is_the_environments_then_the_one_last_taken_then_the_sites(
    environ: dict[str, str], site: Site
) -> None:
    assert looks(environ, site, KNOWN).theme == "light"
    remember(environ, site, "high-contrast")
    assert looks(environ, site, KNOWN) == Looks("high-contrast", ascii_only=False)
    assert looks(environ | {"CMDB_THEME": "dark"}, site, KNOWN).theme == "dark"


def test_without_a_word_about_it_the_theme_is_the_first(environ: dict[str, str], site: Site) -> None:
    assert looks(environ, Site(path=site.path, name=site.name), KNOWN).theme == "dark"


def test_a_theme_nobody_has_is_told_and_the_next_one_is_taken(environ: dict[str, str], site: Site) -> None:
    found = looks(environ | {"CMDB_THEME": "mauve\x1b[2J"}, site, KNOWN)
    assert found.theme == "light"
    assert found.said.startswith("CMDB_THEME asks for the theme 'mauve")
    assert "\x1b" not in found.said
    assert "high-contrast" in found.said
    remember(environ, site, "gone in the next release")
    assert looks(environ, site, KNOWN) == Looks("light", ascii_only=False)


def test_ascii_is_drawn_where_it_is_asked_for_or_nothing_else_can_be(
    environ: dict[str, str], site: Site
) -> None:
    assert looks(environ, site, KNOWN, ascii_only=True).ascii_only
    assert looks(environ, site, KNOWN, encoding="ascii").ascii_only
    assert looks(environ, site, KNOWN, encoding=None).ascii_only
    assert not looks(environ, site, KNOWN, encoding="UTF-8").ascii_only


@pytest.mark.parametrize("term", ["dumb", "unknown", "Dumb"])
def test_a_terminal_that_cannot_be_drawn_on_is_refused_with_what_to_do(
    term: str, environ: dict[str, str], site: Site
) -> None:
    with pytest.raises(Refused) as refused:
        looks(environ | {"TERM": term}, site, KNOWN)
    assert "TERM is 'dumb'" in refused.value.reason or "TERM is 'unknown'" in refused.value.reason
    assert "TERM" in refused.value.remedy
    assert "'cmdb inbox'" in refused.value.remedy


def test_a_site_says_in_its_file_that_it_counts_and_which_colours_it_likes(tmp_path: Path) -> None:
    sites.write(Site(path=tmp_path, name="harbour", production=True, theme="light"))
    found = sites.read(tmp_path)
    assert found.production
    assert found.theme == "light"
