"""Where a text names a person: e-mail addresses, phone numbers, cards, bank accounts, network addresses, listed names.

What to look for comes from well-kept libraries (phone numbers, check digits, many names at once); what only looks like
one, such as a number that fails its check digit, is left. Each search is linear in the text's length.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from ipaddress import ip_address
from typing import Any, NamedTuple

from stdnum import iban, luhn


class Span(NamedTuple):
    """A part of a text, and what it is."""

    start: int
    end: int
    kind: str


Finder = Callable[[str], Iterator[Span]]

_AT = re.compile(r"@|%40", re.IGNORECASE)
_LOCAL_PART = re.compile(r"[\w.!$*+^`{|}~-]{1,64}\Z")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})+")
_LOCAL_MAX_CHARS = 64

_CARD = re.compile(r"(?<![\dA-Za-z])[2-68](?:[ -]?\d){13,18}(?![\dA-Za-z])", re.ASCII)
# How the numbers of each scheme begin, and how many digits they have; a day with a counter has neither.
_of_a_scheme = re.compile(
    r"3[0689]\d{12,17}"  # Diners Club
    r"|3[47]\d{13}"  # American Express
    r"|35\d{14,17}"  # JCB
    r"|4\d{15}(?:\d{3})?"  # Visa
    r"|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|5\d{15,18}"  # Mastercard, Maestro
    r"|6\d{15,18}"  # Discover, UnionPay, Maestro
    r"|220[0-4]\d{12,15}|8[12]\d{14}",  # Mir, RuPay
    re.ASCII,
).fullmatch
_IBAN = re.compile(r"(?<![\dA-Za-z])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?![\dA-Za-z])", re.ASCII)
# Behind a name and a slash stands a version: Chrome/120.0.0.0.
_IPV4 = re.compile(r"(?<![\w.])(?<!\w/)\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.ASCII | re.IGNORECASE)
_DIGITS = r"\d(?:[ \xa0()./\u2010-\u2015-]{0,3}\d){5,16}(?!\w)"
_PHONE = re.compile(rf"(?<![\w+])(?:\+|\(|00)?{_DIGITS}", re.ASCII)
# No country's code begins with 0, but numbers that count do.
_PHONE_ABROAD = re.compile(rf"(?<![\w+])(?:\+|00)[ (]{{0,2}}(?!0){_DIGITS}", re.ASCII)
_ANYWHERE = "ZZ"
_CONTEXT_CHARS = 12
_LOOKED_AT_MAX = 500
"""Numbers of one text that the library is asked about, which takes it 0.1 ms each."""


def emails(text: str) -> Iterator[Span]:
    """Addresses as people write them, percent-encoded ones too."""
    for at in _AT.finditer(text):
        local = _LOCAL_PART.search(text, max(0, at.start() - _LOCAL_MAX_CHARS), at.start())
        domain = _DOMAIN.match(text, at.end()) if local else None
        if local and domain:
            yield Span(local.start(), domain.end(), "email")


def cards(text: str) -> Iterator[Span]:
    """14 to 19 digits, in groups or not, that begin as a card's number does and pass its check digit."""
    for match in _CARD.finditer(text):
        digits = match[0].replace(" ", "").replace("-", "")
        if _of_a_scheme(digits) and luhn.is_valid(digits):
            yield Span(match.start(), match.end(), "card")


def bank_accounts(text: str) -> Iterator[Span]:
    """IBANs, by country and check digits."""
    return (Span(m.start(), m.end(), "iban") for m in _IBAN.finditer(text) if iban.is_valid(m[0]))


def network_addresses(text: str) -> Iterator[Span]:
    """IPv4 and IPv6."""
    for pattern in (_IPV4, _IPV6):
        yield from (Span(m.start(), m.end(), "ip") for m in pattern.finditer(text) if _is_address(m[0]))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class Phones:
    """Phone numbers that some country has: with its code, or as people of the given regions write their own.

    Args:
        regions: ISO 3166 codes such as ``DE``.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = (*regions, _ANYWHERE)
        self._candidates = _PHONE if regions else _PHONE_ABROAD

    def __call__(self, text: str) -> Iterator[Span]:
        for number, found in enumerate(self._candidates.finditer(text)):
            if number >= _LOOKED_AT_MAX:
                yield Span(found.start(), found.end(), "phone")  # whatever it is, nobody reads so many numbers
            else:
                yield from self._in_context(text, found)

    @cached_property
    def _library(self) -> Any:
        import phonenumbers  # 0.1 s, for those only who have text to look through

        return phonenumbers

    def _in_context(self, text: str, found: re.Match[str]) -> Iterator[Span]:
        """Around a number stands what makes it a date, an amount or a part of something longer."""
        start = max(0, found.start() - _CONTEXT_CHARS)
        around = text[start : found.end() + _CONTEXT_CHARS]
        for region in self._regions:
            for match in self._library.PhoneNumberMatcher(around, region):
                yield Span(start + match.start, start + match.end, "phone")
        if found[0].startswith("00") and self._is_valid(f"+{found[0][2:]}"):
            yield Span(found.start(), found.end(), "phone")

    def _is_valid(self, text: str) -> bool:
        try:
            return bool(self._library.is_valid_number(self._library.parse(text)))
        except self._library.NumberParseException:
            return False


_JOINTS = str.maketrans("_-.+", "    ")


class Names:
    """The names of a list as whole words, whatever their case and whatever joins their parts: ids and addresses have no
    blanks.
    """

    def __init__(self, names: Iterable[str]) -> None:
        import ahocorasick

        self._found = ahocorasick.Automaton()
        for name in names:
            word = folded(" ".join(name.split()))
            self._found.add_word(word, len(word))
        self._found.make_automaton()

    def __call__(self, text: str) -> Iterator[Span]:
        for last, length in self._found.iter(folded(text)):
            start, end = last - length + 1, last + 1
            if not (_is_letter(text, start - 1) or _is_letter(text, end)):
                yield Span(start, end, "name")


def _is_letter(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isalnum()


def folded(text: str) -> str:
    """In lower case and with blanks for what else joins names, each character in its place; of the few whose lower case
    is longer, as it was.
    """
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c if len(c.lower()) > 1 else c.lower() for c in text)
    return lower.translate(_JOINTS)


def replaced(text: str, finders: Iterable[Finder]) -> str:
    """The text with every span replaced by its kind in brackets; of spans that overlap, by the first and longest."""
    spans = sorted((span for find in finders for span in find(text)), key=lambda span: (span.start, -span.end))
    if not spans:
        return text
    parts: list[str] = []
    place = 0
    for span in spans:
        if span.start >= place:
            parts += (text[place : span.start], f"[{span.kind}]")
            place = span.end
        elif span.end > place:
            place = span.end  # it reaches beyond the one before, which stands for both
    return "".join([*parts, text[place:]])
