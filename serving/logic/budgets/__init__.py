"""Budgets: what executions may cost in a period, counted before a model is asked."""
