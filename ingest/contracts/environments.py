"""The environment of what names none. A module of its own, so that who needs it does not load every contract."""

DEFAULT_ENVIRONMENT = "default"
