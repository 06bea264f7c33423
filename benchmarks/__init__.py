"""Speed as ratios measured in one run; `make bench` prints one table and writes it to RESULTS.md."""
