"""How the stacks of a stage and the owner's files in a package are called; apart from the stacks, which load CDK."""

DATA, APP, COPIES, BOARDS = "data", "app", "copies", "boards"
SETTINGS, MODELS, PEOPLE = "settings.toml", "models.toml", "people.toml"
REPORTS = "reports.json"
"""Functions are started in the folder in which these lie."""
