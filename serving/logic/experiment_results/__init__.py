"""What an experiment says, and how sure that is."""
