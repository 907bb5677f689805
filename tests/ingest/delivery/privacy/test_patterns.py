"""What names a person is found; what only looks like it is left; no text takes for ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.delivery.privacy.patterns import Names
from ingest.delivery.privacy.redactor import Mentions, Redactor
from tests.ingest.contracts.examples import steady

GERMAN = Redactor(("Ann Smith", "Jürgen", "O'Neill"), ("DE", "US"))
PLAIN = Redactor()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Write to ann.b+x@mail.example.co.uk, please.", "Write to [email], please."),
        ("<ann@example.com>", "<[email]>"),
        ("/users/ann%40example.com/edit", "/users/[email]/edit"),
        ("mailto:ann@example.com?subject=x", "mailto:[email]?subject=x"),
        ("Ünal ünal@exämple.de", "Ünal [email]"),
        ("+49 151 23456789 or (030) 12345678", "[phone] or [phone]"),
        ("0049 151 23456789, +1-202-456-1111", "[phone], [phone]"),
        ("202-456-1111 / +4915123456789", "[phone] / [phone]"),
        ("card 4111 1111 1111 1111, 4111-1111-1111-1111, 378282246310005", "card [card], [card], [card]"),
        ("to DE89 3704 0044 0532 0130 00.", "to [iban]."),
        ("DE89370400440532013000", "[iban]"),
        ("from 10.2.3.4 and 2001:db8::1", "from [ip] and [ip]"),
        ("ANN  SMITH? ann smith, Ann Smith!", "ANN  SMITH? [name], [name]!"),
        ("jürgen met O'neill", "[name] met [name]"),
        ("/u/ann-smith/x, user_Ann_Smith_1, ann.smith", "/u/[name]/x, user_[name]_1, [name]"),
    ],
)
def test_what_names_a_person_is_taken_out(text: str, kept: str) -> None:
    assert GERMAN.text(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T10:00:00Z, 15/03/2026 at 10:30, 12.03.2026",
        "order 123456 of 1,234,567 for 12.50",
        "1772445600000 and 1772445600000000",
        "4111 1111 1111 1112",
        "DE88 3704 0044 0532 0130 00",
        "v1.2.3.4.5, Chrome/120.0.0.0, 999.1.1.1, 12:30:45",
        "jürgens, Ann Smithson, annsmith",
        "a @ b, @handle, x@y, 100%",
        "3b241101-e2bb-4255-8caf-4136c566a962",
        "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "claude-3-5-sonnet-20241022, gpt-4o-2024-08-06",
        "order-20261126-000106, 20261126-00000008, 00000012-1234567890",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert GERMAN.text(text) == text
    assert PLAIN.label(text) == text


def test_labels_keep_what_may_be_a_service_s() -> None:
    assert PLAIN.label("10.0.0.1") == "10.0.0.1"
    assert PLAIN.label("202-456-1111") == "202-456-1111"
    assert PLAIN.label("+1 202-456-1111 for ann@example.com") == "[phone] for [email]"


@pytest.mark.parametrize(
    "number",
    [
        "36700102000000",
        "378282246310005",
        "3530111333300000",
        "2223003122003222",
        "5555555555554444",
        "6011000990139424",
    ],
)
def test_cards_of_every_scheme_are_found(number: str) -> None:
    assert PLAIN.label(number) == PLAIN.label(f"id-{number[:4]}-{number[4:]}"[3:]) == "[card]"


@pytest.mark.parametrize(
    ("identifier", "is_clean"),
    [
        ("order-20261126-000106", True),
        ("00000012-1234567890", True),
        ("aa2cd7427c516dbd5cd39eed61882397-4111111111111111", True),  # a trace and a span, which are random
        ("4111111111111111", False),
        ("u-4111111111111111", False),
        ("0049-151-23456789", False),
        ("é", True),
    ],
)
def test_an_id_is_clean_or_not(identifier: str, is_clean: bool) -> None:
    assert PLAIN.is_clean_id(identifier) == GERMAN.is_clean_id(identifier) == is_clean


SEPARATORS = st.text("  \n\t,;!?\"'()<>«»", min_size=1, max_size=3)
WORDS = st.text("abcdefghijäß", min_size=1, max_size=8)
PERSONAL = st.sampled_from(
    ["ann@example.com", "+49 151 23456789", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "Ann Smith"]
)


@steady
@given(st.lists(st.tuples(WORDS | PERSONAL, SEPARATORS), max_size=12))
def test_wherever_it_stands(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + separator for word, separator in parts)
    kept = GERMAN.text(text)
    for planted in ("ann@example.com", "23456789", "1111 1111", "0532", "Ann Smith"):
        assert planted not in kept
    assert [word for word, _ in parts if re.fullmatch("[a-jäß]+", word) and word not in kept] == []


@steady
@given(st.text() | st.text("0123456789 +()-./@:ABCDEFabcdef%", max_size=200))
def test_no_text_breaks_it_and_a_second_look_finds_nothing_new(text: str) -> None:
    kept = GERMAN.text(text)
    assert GERMAN.label(PLAIN.label(text)) is not None
    assert len(GERMAN.text(kept)) <= len(kept) + 10 * kept.count("[")


@pytest.mark.parametrize(
    "unit", ["a", "@", "a@", "1", "1 ", "+1", "(1", ":", "ab:", "1.", "A1", "a.b.", "4 ", "0151 23456789 ", "ann smith"]
)
def test_a_long_text_of_anything_comes_to_its_end(unit: str) -> None:
    """Where looking took the square of its length, these would take hours."""
    text = unit * (500_000 // len(unit))
    assert len(GERMAN.text(text)) <= len(text) + 500_000


def test_free_form_data_is_looked_through_to_the_last_place() -> None:
    document = {"a": ["x@y.example", {"b@c.example": 1}], "card": 4111111111111111, "n": 4111, "f": 1.5, "t": True}
    assert PLAIN.document(document) == {
        "a": ["[email]", {"[email]": 1}],
        "card": "[card]",
        "n": 4111,
        "f": 1.5,
        "t": True,
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/u/ann-4711/x", "/u/P/x"),
        ("user_ann-4711_1 ann-4711", "user_P_1 P"),
        ("xann-4711 ann-47112", "xann-4711 ann-47112"),
        ("u1 and ann-4711", "u1 and P"),
    ],
)
def test_an_id_is_replaced_where_it_is_a_word(text: str, kept: str) -> None:
    assert Mentions({"ann-4711": "P", "u1": "Q"}).replaced(text) == kept


def test_names_are_found_among_many() -> None:
    names = Names(f"Name Number{n}" for n in range(20_000))
    assert [span.kind for span in names("I met name number777 and Name Number777x.")] == ["name"]
