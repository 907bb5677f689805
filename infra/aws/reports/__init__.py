"""Reports by mail: made on a schedule out of what is published, kept beside it, and sent to who has not had enough."""
