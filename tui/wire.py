"""Say the same picture to a terminal in fewer bytes: no style twice, none where only blanks follow.

A frame names the whole style before every few letters and takes it back after them. Over a slow line
that is most of what is sent. The cells a terminal shows are the same; a test holds it. Nothing is
remembered from one frame to the next: each begins and ends without a style.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_TOKENS = re.compile(
    r"\x1b\[([0-9;]*)m"  # a style
    r"|(\x1b\[[0-9;]*H|\r?\n)"  # where the cursor goes
    r"|(\x1b(?:\[[^@-~]*[@-~]|[]P_^][^\x07\x1b]*(?:\x07|\x1b\\)|.))",  # anything else
    re.DOTALL,
)
_OFF = {1: "22", 2: "22", 3: "23", 4: "24", 7: "27", 9: "29"}  # what takes one attribute back
_UNSEEN = frozenset((1, 2, 3))  # attributes a blank does not show
_COLOURED = {38: "ink", 48: "paper"}
_ARGUMENTS = {5: 1, 2: 3}  # how many numbers follow 38;5 and 38;2


class Style(NamedTuple):
    """What a terminal paints with: attributes, letters' colour and ground, as they are written."""

    marks: frozenset[int] = frozenset()
    ink: str = ""
    paper: str = ""


PLAIN = Style()


def spare(frame: str) -> str:
    """The same frame, in fewer bytes."""
    told: list[str] = []
    now = wanted = PLAIN
    place = 0
    for found in _TOKENS.finditer(frame):
        start, end = found.span()
        if start > place:
            text = frame[place:start]
            aim = _under_blanks(now, wanted) if not text.strip(" ") else wanted
            if aim != now:
                told.append(_turn(now, aim))
                now = aim
            told.append(text)
        place = end
        if found.lastindex == 1:
            wanted = _after(wanted, found[1])
        elif found.lastindex == 2:  # it only moves the cursor
            told.append(found[2])
        else:  # it may paint with the style there is
            if now != wanted:
                told.append(_turn(now, wanted))
                now = wanted
            told.append(found[3])
    told.append(_turn(now, wanted) + frame[place:] if place < len(frame) else _turn(now, wanted))
    return "".join(told)


@lru_cache(maxsize=1024)
def _after(style: Style, codes: str) -> Style:
    """The style after a sequence of codes."""
    numbers = [int(one or 0) for one in codes.split(";")]
    marks, ink, paper = set(style.marks), style.ink, style.paper
    while numbers:
        code = numbers.pop(0)
        if code in _COLOURED:
            count = 1 + _ARGUMENTS.get(numbers[0] if numbers else 0, 0)
            colour = ";".join(map(str, (code, *numbers[:count])))
            del numbers[:count]
            ink, paper = (colour, paper) if code == 38 else (ink, colour)
        elif not code:
            marks, ink, paper = set(), "", ""
        elif 30 <= code <= 37 or 90 <= code <= 97:
            ink = str(code)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            paper = str(code)
        elif code in (39, 49):
            ink, paper = ("", paper) if code == 39 else (ink, "")
        elif 21 < code < 30:
            marks -= {one for one, off in _OFF.items() if off == str(code)}
        else:
            marks.add(code)
    return Style(frozenset(marks), ink, paper)


def _under_blanks(now: Style, wanted: Style) -> Style:
    """What blanks can be painted with that look as they would in the style that is wanted."""
    if wanted.marks - _UNSEEN:
        return wanted
    return Style(now.marks & _UNSEEN, now.ink, wanted.paper)


@lru_cache(maxsize=4096)
def _turn(now: Style, wanted: Style) -> str:
    """The shortest sequence from one style to another; nothing where they are the same."""
    if now == wanted:
        return ""
    whole = ["", *(str(one) for one in sorted(wanted.marks)), wanted.ink, wanted.paper]
    anew = ";".join(one for place, one in enumerate(whole) if one or not place)
    gone = now.marks - wanted.marks
    if gone - _OFF.keys():
        return f"\x1b[{anew}m"
    off = {_OFF[one] for one in gone}
    kept = {one for one in now.marks & wanted.marks if _OFF.get(one) not in off}
    steps = [*sorted(off), *(str(one) for one in sorted(wanted.marks - kept))]
    steps += [wanted.ink or "39"] if now.ink != wanted.ink else []
    steps += [wanted.paper or "49"] if now.paper != wanted.paper else []
    return f"\x1b[{min(';'.join(steps), anew, key=len)}m"
