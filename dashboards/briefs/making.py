"""A report in all its forms: the page, the PDF, and the e-mail with both."""

from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property

from dashboards.briefs import mail, page, pdf
from dashboards.briefs.data import Brief
from dashboards.briefs.drawing import Drawn, draw, pictures_of
from dashboards.briefs.findings import Findings, find
from dashboards.briefs.page import Pictures

HTML, MAIL, PDF = "report.html", "report.eml", "report.pdf"
"""What the forms are called as files."""


@dataclass(frozen=True)
class Made:
    """One report, drawn and set."""

    brief: Brief
    findings: Findings
    charts: list[Drawn]
    pictures: Pictures
    pdf: bytes

    @cached_property
    def html(self) -> str:
        """The page that opens anywhere."""
        source = page.embedded(self.pictures)
        return page.render(self.brief, self.findings, self.charts, source, with_appendix=True)

    def message(self, unsubscribe: str | None = None) -> EmailMessage:
        """The e-mail; who it is from and to is for the sender to say. ``unsubscribe`` is where its reader ends it."""
        return mail.compose(self.brief, self.findings, self.charts, self.pictures, self.pdf, unsubscribe)

    def files(self) -> dict[str, bytes]:
        """By the name of its file, each form as it is kept: the e-mail is of nobody yet."""
        return {HTML: self.html.encode(), MAIL: self.message().as_bytes(), PDF: self.pdf}


def make(brief: Brief) -> Made:
    """Find what there is to say, draw it, set it."""
    findings = find(brief)
    charts = draw(brief, findings)
    pictures = pictures_of(charts)
    return Made(brief, findings, charts, pictures, pdf.render(brief, findings, charts, pictures))
