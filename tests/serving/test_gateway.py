"""HTTP becomes an API Gateway event and back, losing no byte."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway import ask, from_gateway_response, to_gateway_event

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(text, text), max_size=6))
def test_parameters_come_through(pairs: list[tuple[str, str]]) -> None:
    event = to_gateway_event("GET", "/x", urlencode(pairs).encode(), {}, b"")
    many = event["multiValueQueryStringParameters"] or {}
    assert [(name, value) for name, values in many.items() for value in values] == sorted(
        pairs, key=lambda pair: [name for name, _ in pairs].index(pair[0])
    )
    assert (event["queryStringParameters"] or {}) == dict(pairs)


@pytest.mark.parametrize("query", [b"%ff=%fe", b"a=%", b"&&&", b"=", b"a;b", b"\xff", "a=é"])
def test_a_broken_query_is_no_crash(query: bytes | str) -> None:
    event = to_gateway_event("GET", "/x", query, {}, b"")
    assert set(event) >= {"queryStringParameters", "multiValueQueryStringParameters"}


@given(st.binary())
def test_a_body_comes_through(body: bytes) -> None:
    event = to_gateway_event("POST", "/x", "", {"Content-Type": "x"}, body)
    sent = event["body"] or ""
    assert (base64.b64decode(sent) if event["isBase64Encoded"] else sent.encode()) == body


def test_it_is_the_event_that_powertools_reads() -> None:
    event = APIGatewayProxyEvent(to_gateway_event("PUT", "/a/b", "c=1&c=2", {"X-Y": "z"}, b"{}"))
    assert (event.http_method, event.path, event.json_body) == ("PUT", "/a/b", {})
    assert event.resolved_query_string_parameters == {"c": ["1", "2"]}
    assert event.headers["x-y"] == "z"
    assert event.request_context.stage == "$default"


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"statusCode": 204}, (204, {}, b"")),
        ({"statusCode": 200, "headers": {"a": "b"}, "body": "é"}, (200, {"a": "b"}, "é".encode())),
        ({"statusCode": 200, "multiValueHeaders": {"a": ["b", "c"]}, "body": "x"}, (200, {"a": "b, c"}, b"x")),
        ({"statusCode": 200, "body": "/w==", "isBase64Encoded": True}, (200, {}, b"\xff")),
    ],
)
def test_what_comes_back(response: dict[str, Any], answer: tuple[int, dict[str, str], bytes]) -> None:
    assert from_gateway_response(response) == answer


def test_a_fault_of_ours_is_raised_and_frees_the_way() -> None:
    class Broken:
        def resolve(self, event: Any, context: Any) -> dict[str, Any]:
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ask(Broken(), "GET", "/", "", {}, b"")
