"""What the API keeps from one request to the next."""
