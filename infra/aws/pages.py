"""What lies behind CloudFront: the data dictionary, which says what the tables are and holds no figure of anybody's."""

from typing import Any

from dashboards.dictionary.collect import collect
from dashboards.dictionary.page import TABLES, render
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
        for name, page in pages.items():
            s3.put_object(
                Bucket=bucket,
                Key=name,
                Body=page.encode(),
                ContentType="text/html; charset=utf-8",
                CacheControl=f"max-age={_KEPT_S}",
            )
        listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{TABLES}/")
        there = [entry["Key"] for part in listed for entry in part.get("Contents", ())]
        for name in there:
            if name not in pages:
                s3.delete_object(Bucket=bucket, Key=name)
    return len(pages)
