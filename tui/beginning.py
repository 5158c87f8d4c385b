"""What comes before everything else is loaded: how often Python looks for cycles of objects.

At the 700 new objects it starts with, the collector runs dozens of times while modules load, finds
nothing, and takes a twentieth of a short command.
"""

import gc

NEW_OBJECTS = 50_000

gc.set_threshold(NEW_OBJECTS)
