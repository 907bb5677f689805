"""What is read from a user agent."""

import pytest

from ingest.doors import device

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        (GOOGLEBOT, True),
        (GOOGLEBOT + "x" * 100_000, True),
        ("x" * device.USER_AGENT_MAX_CHARS + GOOGLEBOT, None),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/128.0", None),
        ("", None),
        (None, None),
    ],
    ids=["a bot", "a long header of one", "beyond what is kept", "a browser", "empty", "none"],
)
def test_only_a_program_is_told_by_what_is_kept_of_its_agent(user_agent: str | None, told: bool | None) -> None:
    assert device.is_bot(user_agent) is told


def test_of_headers_that_differ_beyond_what_is_kept_one_is_remembered() -> None:
    device._declares_bot.cache_clear()
    for number in range(10):
        device.is_bot("x" * device.USER_AGENT_MAX_CHARS + str(number))
    assert device._declares_bot.cache_info().currsize == 1
