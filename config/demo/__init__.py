"""The demo company: a distributor of daily goods with a peak season, generated from a seed."""
