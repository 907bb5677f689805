"""Who may send and who may read, decided before a door."""
