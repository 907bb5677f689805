"""Where the routes are that servers have to know of before they load any."""

PROMPTS = ("/prompts/", "/budgets", "/experiments", "/surveys")
"""What begins so says itself who may ask."""
TEMPLATES = "/prompts/templates"
EXECUTE = "/prompts/execute"
EXECUTIONS = "/prompts/executions"
STATUS, HEALTH = "/status", "/healthz"
EVENT_STREAM = "text/event-stream"
