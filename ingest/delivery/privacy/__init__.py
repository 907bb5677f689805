"""What delivery does so that nothing personal is stored beyond what the owner allows."""
