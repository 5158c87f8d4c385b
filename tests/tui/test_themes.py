"""The four themes: text stands out from what it is written on, and colours are told apart.

Measured from the themes' own values. Sources: WCAG 2.2, relative luminance and contrast ratio;
Machado, Oliveira and Fernandes 2009 for what people see who lack one kind of cone.
"""

from itertools import combinations

import pytest
from textual.geometry import Region
from textual.theme import Theme

from cmdb.errors import Invalid
from tests.tui.pilots import at_work
from tests.tui.sample import Sample
from tui import present
from tui.app import CmdbApp
from tui.widgets.themes import GROUNDS, NAMES, ROLE_COLOURS, THEMES, colours

LINES = ("rule", "alarm")  # what is drawn and not read; what stands on the stripe alone
MEANINGS = ("success", "info", "warning", "error")

# Severity 1.0, on linear RGB.
WITHOUT_RED = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
WITHOUT_GREEN = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.01182, 0.04294, 0.968881),
)
WITHOUT_BLUE = (
    (1.255528, -0.076749, -0.178779),
    (-0.078411, 0.930809, 0.147602),
    (0.004733, 0.691367, 0.3039),
)


def linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return tuple(
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in (red, green, blue)
    )  # type: ignore[return-value]


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def needed(theme: Theme) -> float:
    return 7.0 if theme.name == "high-contrast" else 4.5


def test_contrast_is_measured_as_the_guidelines_do() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
def test_every_role_can_be_read_on_every_ground(theme: Theme) -> None:
    known = colours(theme)
    poor = {
        (role, ground): round(contrast(known[name], known[ground]), 2)
        for role, (name, _bold) in ROLE_COLOURS.items()
        for ground in GROUNDS
        if role not in LINES and contrast(known[name], known[ground]) < needed(theme)
    }
    assert poor == {}


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
def test_what_is_selected_in_a_line_can_be_read(theme: Theme) -> None:
    known = colours(theme)
    assert contrast(known["background"], known["primary"]) >= needed(theme)


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
def test_the_stripe_can_be_read_and_is_told_from_every_other_ground(theme: Theme) -> None:
    known = colours(theme)
    assert contrast(known["alarm-text"], known["alarm"]) >= needed(theme)
    assert known["alarm"] not in {known[ground] for ground in GROUNDS}


def seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """The colour in CIE L*a*b* as somebody sees it."""
    mixed = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, mixed, strict=True)))) for row in matrix
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("matrix", [WITHOUT_RED, WITHOUT_GREEN, WITHOUT_BLUE], ids=["red", "green", "blue"])
def test_the_colours_of_states_differ_for_people_without_one_kind_of_cone(
    matrix: tuple[tuple[float, ...], ...],
) -> None:
    (theme,) = (one for one in THEMES if one.name == "colour-blind-safe")
    known = colours(theme)
    near = {
        (one, other): round(distance)
        for one, other in combinations(MEANINGS, 2)
        for a, b in [(seen(known[one], matrix), seen(known[other], matrix))]
        if (distance := sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5) < 12
    }
    assert near == {}


def test_every_role_of_a_line_has_its_colour() -> None:
    assert tuple(ROLE_COLOURS) == present.ROLES


def painted(app: CmdbApp, within: Region) -> set[tuple[str, str]]:
    """The pairs of colours in which letters stand in a part of the screen, but for drawn lines."""
    found = set()
    for strip in app.screen._compositor.render_strips()[within.y : within.bottom]:
        for segment in strip.crop(within.x, within.right):
            style = segment.style
            if any(letter.isalnum() for letter in segment.text) and style and style.color and style.bgcolor:
                found.add((style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex))
    return found


def measured(pair: tuple[str, str]) -> bool:
    """Whether the tests above measure a pair; Textual rounds a colour by one on its way."""
    known = colours(THEMES[0])
    if pair == (known["background"], known["foreground"]):
        return True  # the cursor of a line of input: the plain pair turned round
    return any(
        all(
            abs(int(is_[place : place + 2], 16) - int(was[place : place + 2], 16)) <= 1
            for is_, was in zip(pair, (known[name], known[ground]), strict=True)
            for place in (1, 3, 5)
        )
        for role, (name, _bold) in ROLE_COLOURS.items()
        for ground in (("alarm",) if role == "alarm" else GROUNDS)
        if role != "rule"
    )


async def test_the_app_paints_letters_in_no_other_pairs_than_those_measured() -> None:
    sample = Sample()
    async with at_work(CmdbApp(sample, lambda: sample), (120, 36)) as hand:
        await hand.sees("Waits for my vote")
        for key, words in (
            ("2", "300 items"),
            ("3", "Under review"),
            ("5", "11 baselines"),
            ("6", "Sunday 22"),
            ("7", "Nothing has been proved"),
            ("4", "evidence"),
            ("O", "checked out once"),
            ("v", "Vote on"),
            ("escape", "evidence"),
            ("x", "to narrow"),
            ("escape", "evidence"),
            ("question_mark", "Keys in"),
            ("escape", "evidence"),
            ("2", "300 items"),
            ("n", "New change"),
        ):
            await hand.press(key)
            await hand.sees(words)
            boxes = hand.app.screen.query("#box")
            where = boxes.first().region if boxes else hand.app.screen.region
            strange = {pair for pair in painted(hand.app, where) if not measured(pair)}
            assert strange == set(), key


async def test_a_theme_taken_by_name_is_kept_and_one_there_is_not_is_refused() -> None:
    sample = Sample()
    taken: list[str] = []
    async with at_work(CmdbApp(sample, lambda: sample, keep_theme=taken.append)) as hand:
        await hand.sees("Waits for my vote")
        for name in NAMES:
            hand.app.obey(f"theme {name}")
            await hand.sees(f"The theme is {name} from now on.")
            assert hand.app.theme == name
        with pytest.raises(Invalid, match="There is no theme 'mauve'"):
            hand.app.obey("theme mauve")
        assert taken == list(NAMES)


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_the_site_that_counts_has_a_stripe_with_a_word(ascii_only: bool) -> None:
    class Counting(Sample):
        def masthead(self):  # type: ignore[no-untyped-def]
            return super().masthead()._replace(production=True)

    sample = Counting()
    async with at_work(CmdbApp(sample, lambda: sample, ascii_only=ascii_only)) as hand:
        await hand.sees("Waits for my vote", "PRODUCTION  BL-000311")
        await hand.press("4")
        await hand.sees("evidence", "PRODUCTION  BL-000311")
        top = next(iter(hand.app.screen._compositor.render_strips()[0]))
        assert top.style is not None
        assert top.style.bgcolor is not None
        assert top.style.bgcolor.get_truecolor().hex == colours(THEMES[0])["alarm"]
        await hand.press("v")
        await hand.sees("Vote on", "PRODUCTION")
