"""Building blocks of the screens: the virtual list, the tree, the bars, the prompt."""
