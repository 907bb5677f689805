"""What the functions' environment variables are called. Who only names them need not load the doors."""

PREFIX_VARIABLE = "PROMPTLAKE_STREAM_PREFIX"
"""Environment variable: what the stage's Firehose streams are called before the table's name."""

ORIGINS_VARIABLE = "PROMPTLAKE_ALLOWED_ORIGINS"
"""Environment variable: origins whose pages may send, with commas between them; ``*`` is any."""

KEYS_VARIABLE = "PROMPTLAKE_KEYS_PARAMETER"
"""Environment variable: the parameter of Systems Manager that holds the keys, in the form of the embedded key file."""

TABLE_VARIABLE = "PROMPTLAKE_TABLE"
"""Environment variable: the DynamoDB table of consents and access keys."""

LEDGER_VARIABLE = "PROMPTLAKE_LEDGER"
"""Environment variable: the DynamoDB table of counts, and of what builds remember."""

SETTINGS_VARIABLE = "PROMPTLAKE_SETTINGS"
"""Environment variable: the file of settings in the function's package; without it the defaults hold."""

CLOSED_VARIABLE = "PROMPTLAKE_CLOSED"
"""Environment variable: ``1`` where nobody may send without a key, whether or not one was made."""

NAMESPACE_VARIABLE = "POWERTOOLS_METRICS_NAMESPACE"
"""Environment variable, as Powertools has it: the namespace of metrics, which tells stages apart."""

METRICS_NAMESPACE = "promptlake"
