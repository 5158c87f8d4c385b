"""How risky a change is: the worst of impact x probability, and the history of such changes.

Each engine gives a class and a sentence; the worst sets the risk, and the answer says which one
did. An engine without facts says so and sets nothing. Pure. Source: rules.md 5, Risk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cmdb.model import Value

CLASSES = ("low", "medium", "high")
ENOUGH_HISTORY = 5  # fewer similar changes than this say nothing

NAMED = 3  # surprises a sentence names

# impact class (rows: none or reduced, degraded, outage, breach) x probability class (columns)
_MATRIX = {
    "slight": ("low", "low", "medium"),
    "moderate": ("low", "medium", "medium"),
    "serious": ("medium", "medium", "high"),
    "severe": ("high", "high", "high"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Value):
    """What one engine says; `risk` is empty when it has nothing to go by."""

    engine: str
    risk: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk(Value):
    """The class of risk, which engine set it and what each said."""

    risk: str
    set_by: str
    verdicts: tuple[Verdict, ...]


def weigh(
    *,
    effect: str,
    breach: bool,
    kind: str,
    tested: bool,
    history: Sequence[bool],
    surprises: Sequence[str] = (),
) -> Risk:
    """Weigh a change.

    `effect` is the worst on a service, `breach` whether a commitment is forecast to break, `tested`
    whether both a back-out and a test plan are given, `history` the success of each earlier change
    of the same team and item class, `surprises` what those hit that nobody had foreseen.
    """
    verdicts = (_matrix(effect, breach, kind, tested), _history(history, surprises))
    spoken = [one for one in verdicts if one.risk]
    worst = max(spoken, key=lambda one: CLASSES.index(one.risk))
    return Risk(risk=worst.risk, set_by=worst.engine, verdicts=verdicts)


def _matrix(effect: str, breach: bool, kind: str, tested: bool) -> Verdict:
    if breach:
        impact = "severe"
    else:
        impact = {"outage": "serious", "degraded": "moderate"}.get(effect, "slight")
    probability = 2 if kind == "emergency" else 0 if tested or kind == "standard" else 1
    likely = ("unlikely", "possible", "likely")[probability]
    return Verdict(
        engine="matrix",
        risk=_MATRIX[impact][probability],
        sentence=f"impact {impact}, failure {likely}",
    )


def _history(history: Sequence[bool], surprises: Sequence[str]) -> Verdict:
    seen = f"; hit unforeseen: {', '.join(surprises[:NAMED])}" if surprises else ""
    if len(history) < ENOUGH_HISTORY:
        return Verdict(
            engine="history",
            risk="",
            sentence=f"no history: {len(history)} similar changes, {ENOUGH_HISTORY} needed{seen}",
        )
    failed = history.count(False)
    share = failed / len(history)
    risk = "high" if share > 0.25 else "medium" if share > 0.1 else "low"
    return Verdict(
        engine="history",
        risk=risk,
        sentence=f"{failed} of {len(history)} similar changes did not go as planned{seen}",
    )
