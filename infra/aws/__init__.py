"""The AWS wiring."""
