"""What comes in: contracts, doors, delivery and the clients that applications install."""
