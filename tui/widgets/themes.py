"""Our four themes, and the colour each role of `tui.present` has in them.

Every colour text is written in stands out from every background text is written on by 4.5 to 1, in
`high-contrast` by 7 to 1: a test measures it from these values. Source: WCAG 2.2, 1.4.3 and 1.4.6.
"""

from typing import Any

from textual.app import App
from textual.theme import Theme

DEFAULT = "dark"

THEMES = (
    Theme(
        name="dark",
        primary="#7aa2d6",
        secondary="#5c7391",
        accent="#e0a458",
        foreground="#cfd6df",
        background="#12161c",
        surface="#1a2029",
        panel="#242c38",
        success="#86b875",
        warning="#dcae57",
        error="#e0707a",
        dark=True,
        variables={
            "dim": "#909cab",
            "strong": "#f2f5f8",
            "info": "#7fb4c9",
            "rule": "#3a4553",
            "alarm": "#54202a",
            "alarm-text": "#f7e8ea",
        },
    ),
    Theme(
        name="light",
        primary="#2a5d9c",
        secondary="#7b8ba1",
        accent="#854e00",
        foreground="#2b323b",
        background="#fafaf7",
        surface="#efefea",
        panel="#dfe3e6",
        success="#2f6722",
        warning="#7a5000",
        error="#a81f33",
        dark=False,
        variables={
            "dim": "#57606b",
            "strong": "#0c1118",
            "info": "#1a6076",
            "rule": "#b9c0c7",
            "alarm": "#a3283a",
            "alarm-text": "#ffffff",
        },
    ),
    Theme(
        name="high-contrast",
        primary="#ffffff",
        secondary="#ffffff",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#262626",
        success="#00ff5f",
        warning="#ffd700",
        error="#ff9c9c",
        dark=True,
        variables={
            "dim": "#d0d0d0",
            "strong": "#ffffff",
            "info": "#5fd7ff",
            "rule": "#a0a0a0",
            "alarm": "#8b0000",
            "alarm-text": "#ffffff",
        },
    ),
    # Okabe and Ito's palette: told apart with every common colour vision.
    Theme(
        name="colour-blind-safe",
        primary="#56b4e9",
        secondary="#5c7391",
        accent="#f0e442",
        foreground="#d4d8dd",
        background="#14171b",
        surface="#1c2026",
        panel="#282e37",
        success="#56b4e9",
        warning="#e69f00",
        error="#f2752e",
        dark=True,
        variables={
            "dim": "#979fa9",
            "strong": "#ffffff",
            "info": "#cc9fc0",
            "rule": "#434b56",
            "alarm": "#6b3000",
            "alarm-text": "#fff4e6",
        },
    ),
)

# role -> (theme variable, bold)
ROLE_COLOURS = {
    "": ("foreground", False),
    "strong": ("strong", True),
    "dim": ("dim", False),
    "accent": ("accent", False),
    "key": ("primary", True),
    "good": ("success", False),
    "info": ("info", False),
    "warn": ("warning", False),
    "bad": ("error", True),
    "rule": ("rule", False),
    "alarm": ("alarm-text", True),
}
GROUNDS = ("background", "surface", "panel")  # what text stands on, but for the stripe: that is `alarm`
NAMES = tuple(one.name for one in THEMES)


def colours(theme: Theme) -> dict[str, str]:
    """Every colour of a theme by the name it has in `app.tcss`, as `#rrggbb`."""
    own = ("primary", "secondary", "accent", "foreground", *GROUNDS, "success", "warning", "error")
    return {name: getattr(theme, name) for name in own} | theme.variables


def begin(app: App[Any], theme: str) -> None:
    """Give a new app our themes and take one. Nothing is shown yet that would have to be styled again."""
    for one in THEMES:
        app.register_theme(one)
    if theme == DEFAULT:
        app.set_reactive(App.theme, theme)
        app.stylesheet.set_variables(app.get_css_variables())
    else:
        app.theme = theme
