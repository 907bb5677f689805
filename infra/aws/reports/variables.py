"""What the functions of reports are told by their environment. Who only names it need not load them."""

REPORTS_VARIABLE = "PROMPTLAKE_REPORTS"
"""Environment variable: who gets which report, as a file packaged with the code."""

MAILING_VARIABLE = "PROMPTLAKE_MAILING_TABLE"
"""Environment variable: the DynamoDB table in which it is remembered who wants no mail."""

SENDER_VARIABLE = "PROMPTLAKE_SENDER"
"""Environment variable: the address that reports are from."""

CONFIGURATION_VARIABLE = "PROMPTLAKE_MAIL_CONFIGURATION"
"""Environment variable: SES's configuration set."""

UNSUBSCRIBE_VARIABLE = "PROMPTLAKE_UNSUBSCRIBE_URL"
"""Environment variable: where people unsubscribe, before the token."""

STAGE_VARIABLE = "PROMPTLAKE_STAGE_NAME"
"""Environment variable: what the owner calls the stage, for commands that are named to them."""

TOPIC_VARIABLE = "PROMPTLAKE_ALARMS_TOPIC"
"""Environment variable: the topic of who is told what goes wrong."""
