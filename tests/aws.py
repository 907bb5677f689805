"""The environment in which boto3 asks a running server instead of AWS."""


def environment(url: str) -> dict[str, str]:
    """Endpoints at ``url``, and the credentials that boto3 wants to sign with."""
    return {
        "AWS_ENDPOINT_URL_KINESIS": url,
        "AWS_ENDPOINT_URL_FIREHOSE": url,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
