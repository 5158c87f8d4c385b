"""Our four themes, and the colour each role of `tui.present` has in them."""

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
        variables={"dim": "#7f8b99", "strong": "#f2f5f8", "info": "#7fb4c9", "rule": "#3a4553"},
    ),
    Theme(
        name="light",
        primary="#2a5d9c",
        secondary="#7b8ba1",
        accent="#9a5b00",
        foreground="#2b323b",
        background="#fafaf7",
        surface="#efefea",
        panel="#dfe3e6",
        success="#3c7a2c",
        warning="#8f5f00",
        error="#b3263a",
        dark=False,
        variables={"dim": "#69737f", "strong": "#0c1118", "info": "#1f6f86", "rule": "#b9c0c7"},
    ),
    Theme(
        name="high-contrast",
        primary="#ffffff",
        secondary="#ffffff",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#303030",
        success="#00ff5f",
        warning="#ffd700",
        error="#ff6f6f",
        dark=True,
        variables={"dim": "#d0d0d0", "strong": "#ffffff", "info": "#5fd7ff", "rule": "#a0a0a0"},
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
        variables={"dim": "#8a929c", "strong": "#ffffff", "info": "#cc9fc0", "rule": "#434b56"},
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
}


def begin(app: App[Any], theme: str) -> None:
    """Give a new app our themes and take one. Nothing is shown yet that would have to be styled again."""
    for one in THEMES:
        app.register_theme(one)
    if theme == DEFAULT:
        app.set_reactive(App.theme, theme)
        app.stylesheet.set_variables(app.get_css_variables())
    else:
        app.theme = theme
