"""The command line: one module per verb group, each parse, call, print."""
