"""Pseudonyms: the same for the same person, of no use without the key, found again after a rotation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.delivery.privacy.keys import KEY_BYTES, Keyring, is_digest, is_pseudonym, parse_keys

OLD, NEW = b"o" * KEY_BYTES, b"n" * KEY_BYTES


@given(st.text(), st.text())
def test_one_person_has_one_pseudonym_and_another_another(one: str, other: str) -> None:
    ring = Keyring([OLD])
    assert is_pseudonym(ring.pseudonym(one))
    assert (ring.pseudonym(one) == ring.pseudonym(other)) is (one == other)
    assert Keyring([NEW]).pseudonym(one) != ring.pseudonym(one)


def test_a_rotation_changes_who_someone_is_and_forgets_nobody() -> None:
    before, after = Keyring([OLD]), Keyring([OLD, NEW])
    assert after.pseudonyms("ann") == (before.pseudonym("ann"), after.pseudonym("ann"))
    assert after.pseudonym("ann").startswith("p2-")


def test_an_id_of_an_event_stays_over_a_rotation() -> None:
    assert Keyring([OLD]).opaque_id("~abc") == Keyring([OLD, NEW]).opaque_id("~abc")


def test_each_use_of_a_key_is_apart() -> None:
    ring = Keyring([OLD])
    made = {ring.pseudonym("x")[3:], ring.digest("x")[3:], ring.opaque_id("x"), *ring.fingerprints()}
    assert len(made) == 4
    assert is_digest(ring.digest("x"))
    assert not is_digest(ring.pseudonym("x"))


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b""]])
def test_what_is_no_key_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring(keys)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys": 1}', '{"keys": [{}]}', '{"keys": [{"key": "%"}]}', "\ud800"]
)
def test_what_is_no_document_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the parser says
        parse_keys(text)


def test_a_document_of_keys() -> None:
    assert parse_keys(json.dumps({"keys": [{"key": "AAAA", "made_at": "x"}, {"key": "AAAB"}]})) == [
        b"\0\0\0",
        b"\0\0\1",
    ]
