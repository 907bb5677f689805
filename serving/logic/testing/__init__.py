"""Tests of templates: rendered, answered by a model, and held against what must be true, before a version goes out."""
