"""Reading order lines from files: open, map, parse, check, then load through the services of every other order."""
