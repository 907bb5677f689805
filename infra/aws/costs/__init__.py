"""What a month costs in the owner's account, from dated list prices and named assumptions: ``make costs``."""
