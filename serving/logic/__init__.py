"""What the routes answer, without any HTTP."""
