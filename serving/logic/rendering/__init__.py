"""Templates become text: a small, bounded part of Jinja2, and who wrote which character of the result."""
