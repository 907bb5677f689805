"""The simulated application of ``promptlake demo``: what it does, and how it tells the lake."""
