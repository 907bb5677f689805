"""The routes that execute prompts."""
