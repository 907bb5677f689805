"""What lies behind CloudFront: the data dictionary, which says what the tables are and holds no figure of anybody's."""

from typing import Any

from dashboards.dictionary.collect import collect
from dashboards.dictionary.page import INDEX, TABLES, render
from ingest.delivery.reaching import reaching

_KEPT_S = 300
"""How long CloudFront and browsers may show a page after it has changed."""


def put_pages(s3: Any, bucket: str) -> int:
    """Put the pages of this version, and remove those of tables that it does not have; returns how many there are.

    Raises:
        Unavailable: S3 can't be reached, or does not let us.
    """
    pages = render(collect())
    with reaching("S3"):
        for name in sorted(pages, key=lambda name: name == INDEX):  # the first leads to all others, so it comes last
            s3.put_object(
                Bucket=bucket,
                Key=name,
                Body=pages[name].encode(),
                ContentType="text/html; charset=utf-8",
                CacheControl=f"max-age={_KEPT_S}",
            )
        listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{TABLES}/")
        for entry in [entry for page in listed for entry in page.get("Contents", ())]:
            if entry["Key"] not in pages:
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
    return len(pages)
