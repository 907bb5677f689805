"""From a contract event to a row of bronze, losing nothing on the way."""
