"""Experiments: variants of a prompt or a model, given to persons by chance, each always the same."""
