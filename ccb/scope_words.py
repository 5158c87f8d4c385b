"""How a change file begins a change to a whole scope, and what it may say of it. Standard library only."""

HEADS = {
    "control": "bring under control",
    "promote": "change level",
    "demote": "change level",
    "baseline": "establish baseline",
}
KEYS = {
    "control": ("level", "criterion"),
    "promote": ("level", "criterion", "items", "left out"),
    "demote": ("items", "left out"),
    "baseline": ("items", "left out"),
}
