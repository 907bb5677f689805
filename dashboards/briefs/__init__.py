"""Reports of a week or a month for those who read one each: what changed and why, charts, tables, every query."""
