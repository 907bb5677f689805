"""Prompt templates: what one is, who may change it, and how it lives and ends."""
