"""Funnels: steps that people should take one after the other, as their owners declare them."""
