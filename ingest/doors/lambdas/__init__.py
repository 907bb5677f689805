"""The doors as Lambda functions: thin shells around the same code that the embedded server runs."""
