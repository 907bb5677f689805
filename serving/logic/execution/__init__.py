"""Prompts are executed: rendered, answered by a model, counted, and told as one event each."""
