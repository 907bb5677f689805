"""What a table, a price and a metric are. The second leaf: everyone may read it; it reads only the contracts."""
