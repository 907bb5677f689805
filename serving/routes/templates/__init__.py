"""The routes below ``/prompts/templates``."""
