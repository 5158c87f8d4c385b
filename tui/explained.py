"""Explanations of an impact answer as plain text: the chain of causes, and what kept one from growing.

Nothing here asks a database. Source: rules.md 3; terminal.md, Command line.
"""

from collections.abc import Sequence

from cmdb.explanations import Reason, Step, Why, WhyNot
from tui import printing
from tui.answers import sign
from tui.present import counted, listed


def why(found: Why) -> None:
    """Write the chain of causes, one step a line."""
    printing.put(f"{found.id}: {sign(found.effect)}, {counted(found.distance, 'step')} from what is down")
    for step in found.steps:
        printing.put(f"  {_step(step)}")


def why_not(found: WhyNot, inherited: Sequence[str] = ()) -> None:
    """Write what kept an item from being hit, or from being hit worse.

    `inherited` leads from a service to the item below it that lost margin.
    """
    printing.put(f"{found.id}: {sign('reduced redundancy' if inherited else found.effect)}")
    if inherited:
        printing.put(f"  inherited from what lost margin below: {' <- '.join(inherited)}")
    for reason in found.reasons:
        printing.put(f"  {_reason(found.id, reason)}")


def _step(step: Step) -> str:
    how = " and ".join(_verb(kind) for kind in step.kinds) or "needs"
    if step.inherited:
        return f"{step.id} {how} {step.target}, and inherits that margin was lost"
    if not step.group:
        return f"{step.id} is in {step.effect} because it {how} {step.target} ({step.strength})"
    lost = f", with {listed(step.along)}" if step.along else ""
    return (
        f"{step.id} is in {step.effect} because its group '{step.group}' needs {step.need} of {step.before}"
        f" and has {step.after}: {step.target} is lost{lost}"
    )


def _verb(kind: str) -> str:
    """A kind of dependency after its subject: `uses`, `is located in`."""
    return f"is {kind}" if kind.partition(" ")[0].endswith("ed") else kind


def _reason(item: str, reason: Reason) -> str:
    group = f"its group '{reason.group}'" if reason.group else "it"
    path = f" (by way of {' -> '.join(reason.path)})" if reason.path else ""
    said = {
        "saved": f"{group} needs {reason.need} and still has {reason.after} of {reason.before}",
        "soft": f"it needs {reason.target} softly, which passes on degraded at most",
        "degraded only": f"{reason.target or group} is degraded, not down",
        "no impact": f"{reason.kind} {reason.target} only documents",
        "does not serve": f"{reason.target or item} does not serve, so it passes nothing on",
        "below was saved": "what it needs was itself saved",
        "not reached": "nothing it needs is hit",
    }
    return said.get(reason.rule, reason.rule) + path
