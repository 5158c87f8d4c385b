"""How a change file begins a change to a whole scope, and what it may say of it. Standard library only."""

RELEASED = ("product", "version", "baseline", "commit", "level", "set")  # as cmdb release new writes them
HEADS = {
    "release": "release",  # in front: it names its baseline
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
    "release": (*RELEASED, "items", "left out"),
}
