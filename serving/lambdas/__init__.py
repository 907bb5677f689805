"""The API and its backups as Lambda functions."""
