"""The page, the e-mail and the PDF: whole wherever they are read, and text is only ever text."""

import re
from collections.abc import Callable
from datetime import date
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dashboards.boards import load_board
from dashboards.briefs import mail, page, pdf
from dashboards.briefs.audiences import AUDIENCES
from dashboards.briefs.collect import collect
from dashboards.briefs.drawing import Drawn, draw, pictures_of
from dashboards.briefs.findings import Findings, find
from dashboards.briefs.page import Pictures
from dashboards.briefs.words import fresh
from sql.reader import PublishedTables
from tests.clients import axe
from tests.clients.chromium import browser

Rows = dict[str, list[dict[str, Any]]]
MONDAY, TODAY = date(2026, 11, 9), date(2026, 11, 20)
HOSTILE = '<script>alert("x")</script>\'"><img src=//evil.example onerror=y>{{7*7}}#eval("1")'
GMAIL_CLIPS_BYTES = 102_000
PNG = b"\x89PNG\r\n"


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources |= {value or "" for name, value in attrs if name in ("src", "href")}

    def handle_data(self, data: str) -> None:
        self.text += data


class Made:
    """One report in all its forms."""

    def __init__(self, tables: PublishedTables, day: date = MONDAY, failure: str | None = None) -> None:
        self.brief = collect(tables, load_board(AUDIENCES / "finance.yaml"), "week", day, TODAY, failure)
        self.findings: Findings = find(self.brief)
        self.charts: list[Drawn] = draw(self.brief, self.findings)
        self.pictures: Pictures = pictures_of(self.charts)

    def html(self) -> str:
        return page.render(self.brief, self.findings, self.charts, page.embedded(self.pictures), with_appendix=True)

    def pdf(self) -> bytes:
        return pdf.render(self.brief, self.findings, self.charts, self.pictures)

    def mail(self) -> bytes:
        return mail.compose(self.brief, self.findings, self.charts, self.pictures, self.pdf()).as_bytes()


@pytest.fixture
def made(published: PublishedTables) -> Made:
    return Made(published)


@pytest.fixture
def hostile(publish: Callable[[Rows], PublishedTables], weeks: Rows) -> Made:
    for row in (row for rows in weeks.values() for row in rows):
        row |= {"model": row["model"] + HOSTILE, "feature": HOSTILE}
    return Made(publish(weeks))


def test_styles_stand_on_the_elements_and_layout_is_of_tables(made: Made) -> None:
    html = made.html()
    body = html[html.index("<body") :]
    assert "<style" not in body
    assert 'style="' in body
    assert not re.search(r"display:\s*(flex|grid)|position:|float:", body)
    assert body.count('role="presentation"') > 3
    for picture in re.findall(r"<img[^>]*>", body):
        assert re.search(r'alt="[^"]{20,}"', picture)
        assert 'width="' in picture  # Outlook goes by it


def test_the_page_fetches_nothing_and_is_dark_where_screens_are(made: Made) -> None:
    html = made.html()
    assert not re.search(r"""(src|href|action)\s*=\s*["']?(https?:)?//|url\(|@import|<script|<link""", html)
    assert "prefers-color-scheme:dark" in html
    assert html.index("charset") < 1024
    for asked in made.brief.asked:
        assert f'id="q{asked.number}"' in html


def test_the_mail_has_text_html_pictures_and_the_pdf(made: Made) -> None:
    message = message_from_bytes(made.mail(), policy=default)
    assert message["Subject"].startswith("Finance report \u00b7 Week of 9 \u2013 15 Nov 2026: ")
    html = message.get_body(("html",))
    text = message.get_body(("plain",))
    assert html is not None
    assert text is not None
    said = html.get_content()
    assert len(said.encode()) < GMAIL_CLIPS_BYTES
    assert 'src="data:' not in said  # which Gmail does not show
    ids = {part["Content-ID"].strip("<>"): part.get_content() for part in message.walk() if part["Content-ID"]}
    assert set(re.findall(r'src="cid:([^"]+)"', said)) == set(ids)
    assert all(picture.startswith(PNG) for picture in ids.values())
    plain = text.get_content().replace("\n", " ")
    assert made.findings.told[0].headline in plain
    assert fresh(made.brief) in plain
    (attached,) = message.iter_attachments()
    assert attached.get_content().startswith(b"%PDF")


def test_the_pdf_is_tagged_and_has_every_chart_in_words(made: Made) -> None:
    document = made.pdf()
    assert document.startswith(b"%PDF")
    assert b"/StructTreeRoot" in document
    assert b"/Alt" in document


def test_names_from_outside_are_text_and_nothing_else(hostile: Made) -> None:
    html = hostile.html()
    message = message_from_bytes(hostile.mail(), policy=default)
    for said in (html, message.get_body(("html",)).get_content()):  # type: ignore[union-attr]
        parsed = Tags(said)
        assert not {"script", "iframe", "link"} & parsed.tags
        assert not any(name.startswith("on") for name in parsed.attributes)
        assert not [source for source in parsed.sources if "evil" in source]
        assert "<script>" in parsed.text
    assert len(message["Subject"].splitlines()) == 1
    assert hostile.pdf().startswith(b"%PDF")


def test_a_report_of_nothing_has_every_form(published: PublishedTables) -> None:
    nothing = Made(published, date(2025, 3, 3), "The build of today failed.")
    for said in (nothing.html(), mail.text(nothing.brief, nothing.findings)):
        assert "There are no data of 3 \u2013 9 Mar 2025." in said
        assert "The build of today failed." in said
    assert nothing.pdf().startswith(b"%PDF")
    assert "There are no data" in message_from_bytes(nothing.mail(), policy=default)["Subject"]


def test_the_same_report_is_the_same_page(published: PublishedTables, made: Made) -> None:
    assert Made(published).html() == made.html()


def test_axe_finds_nothing_serious_by_day_by_night_and_on_a_phone(made: Made, tmp_path: Path) -> None:
    html = tmp_path / "report.html"
    html.write_text(made.html())
    with browser() as page_of:
        for scheme, width in axe.SEEN:
            assert axe.serious(page_of, html, scheme, width) == []
            assert page_of.evaluate("document.documentElement.scrollWidth") <= width
        shown = page_of.evaluate("[...document.images].filter(i => i.offsetWidth).map(i => i.naturalWidth)")
        assert len(shown) == len(made.charts)
        assert all(width > 300 for width in shown)
