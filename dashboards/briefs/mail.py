"""A report as an e-mail: plain text, HTML with its pictures, and the PDF with the appendix."""

from email.message import EmailMessage
from email.policy import SMTP

from dashboards.briefs.data import Brief
from dashboards.briefs.drawing import Drawn
from dashboards.briefs.findings import Findings
from dashboards.briefs.page import Pictures, render
from dashboards.briefs.words import UNSUBSCRIBE, fresh, subtitle, title, warnings

_DOMAIN = "report.promptlake"


def compose(
    brief: Brief,
    findings: Findings,
    charts: list[Drawn],
    pictures: Pictures,
    pdf: bytes,
    unsubscribe: str | None = None,
) -> EmailMessage:
    """The message; who it is from and to is for the sender to say. ``unsubscribe`` is where its reader ends it."""
    message = EmailMessage(policy=SMTP)
    begins = f"{brief.status.trouble}: " if brief.status.trouble else ""
    subject = f"{begins}{title(brief)}: {brief.nothing or findings.subject}"
    message["Subject"] = " ".join(subject.split())
    message.set_content(text(brief, findings, unsubscribe))
    ids = {key: f"{number}@{_DOMAIN}" for number, key in enumerate(pictures)}
    page = render(
        brief,
        findings,
        charts,
        lambda chart, theme: f"cid:{ids[chart.key, theme]}",
        with_appendix=False,
        unsubscribe=unsubscribe,
    )
    message.add_alternative(page, subtype="html")
    _, body = message.iter_parts()
    for key, picture in pictures.items():
        body.add_related(picture, "image", "png", cid=f"<{ids[key]}>", disposition="inline")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename="report.pdf")
    return message


def text(brief: Brief, findings: Findings, unsubscribe: str | None = None) -> str:
    """The same without any form. Where the report is late, that is its first line."""
    said = [f"! {warning}" for warning in warnings(brief)]
    head = [title(brief), subtitle(brief), fresh(brief), ""]
    lines = [*said, "", *head] if brief.status.trouble else [*head, *said]
    foot = ["", f"{UNSUBSCRIBE} {unsubscribe}"] if unsubscribe else []
    if brief.nothing:
        return "\n".join([*lines, brief.nothing, *foot, ""])
    for finding in findings.told:
        lines += ["", f"* {finding.headline}", *(f"  {sentence}" for sentence in finding.why)]
        lines += [f"  What to do: {finding.to_do}"] if finding.to_do else []
    return "\n".join([*lines, "", *findings.others, "", "Every figure and query: report.pdf, attached.", *foot, ""])
