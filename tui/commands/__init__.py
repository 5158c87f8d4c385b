"""The commands of the command line, one module per noun or family, each loaded only when it is called."""
