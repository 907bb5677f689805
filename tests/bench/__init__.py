"""Speed, as ratios within one run; never part of the tests. ``python -m tests.bench``."""
