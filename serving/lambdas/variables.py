"""What the functions' environment variables are called. Who only names them need not load the API."""

TABLE_VARIABLE = "PROMPTLAKE_TEMPLATES_TABLE"
"""Environment variable: the DynamoDB table of templates."""

BUCKET_VARIABLE = "PROMPTLAKE_BUCKET"
"""Environment variable: the lake's bucket, of which the published extracts are read."""

STREAMS_VARIABLE = "PROMPTLAKE_STREAMS"
"""Environment variable: what the Firehose streams that take events are called before the event type."""

BACKUP_BUCKET_VARIABLE = "PROMPTLAKE_BACKUP_BUCKET"
"""Environment variable: where backups of templates go; another bucket than the lake's."""

MODELS_VARIABLE = "PROMPTLAKE_MODELS"
"""Environment variable: the models that executions and tests ask, as a TOML file packaged with the code; optional."""

BUS_VARIABLE = "PROMPTLAKE_EVENT_BUS"
"""Environment variable: the EventBridge bus that is told of budgets; optional, the account's default bus without it."""

FUNCTION_VARIABLE = "AWS_LAMBDA_FUNCTION_NAME"
"""Environment variable: set by Lambda; the function calls itself for executions that take long."""

DEFERRED = "promptlake_execution"
"""The member of an invocation's payload that says which execution to work on."""

PEOPLE_VARIABLE = "PROMPTLAKE_PEOPLE"
"""Environment variable: whose identities are one person's, as a TOML file packaged with the code; optional."""

SMALLEST_GROUP_VARIABLE = "PROMPTLAKE_SMALLEST_GROUP"
"""Environment variable: a group of fewer people is told together with others; optional."""
