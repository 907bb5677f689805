"""A report is made of what is published, kept, and mailed once to each who still wants it."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest

from infra.aws.reports.asked import NotAsked
from infra.aws.reports.function import handler
from ingest.contracts import layout
from sql.reader import NothingPublished
from tests.dashboards.briefs.weeks import MONDAY, six_weeks
from tests.dashboards.gate_results import gate
from tests.infra.aws.reports.office import ANN, BO, FINANCE, LINK, SENDER, Office, follow, links_of

HOSTILE = '<script>alert("x")</script>'
KEPT = layout.report("finance", "week", MONDAY)


def raw_line(raw: str, name: str) -> str:
    (line,) = [line for line in raw.splitlines() if line.startswith(f"{name}: ")]
    return line.removeprefix(f"{name}: ")


def send(**other: str) -> dict[str, Any]:
    return handler({**FINANCE, **other}, None)


def test_everybody_gets_a_message_of_their_own_once_and_none_after_having_unsubscribed(office: Office) -> None:
    office.publish(six_weeks())
    assert send() == {"kept": KEPT, "trouble": "", "sent": 2, "sent_before": 0, "left_out": {}}
    mailed = office.mailed()
    assert [to for to, _ in mailed] == [ANN, BO]
    links = []
    for (to, message), (_, raw) in zip(mailed, office.raw(), strict=True):
        assert (message["To"], message["From"]) == (to, f"promptlake <{SENDER}>")
        assert message["Subject"].startswith("Finance report · Week of 9 – 15 Nov 2026: Cost per success rose 128%")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        (link,) = links_of(message)
        assert raw_line(raw, "List-Unsubscribe") == f"<{link}>", "programs would not read it encoded or in two lines"
        assert len(link.removeprefix(LINK)) > 30
        links.append(link)
        (attached,) = message.iter_attachments()
        assert attached.get_content().startswith(b"%PDF")
        assert sum(part.get_content_type() == "image/png" for part in message.walk()) > 2
    assert len(set(links)) == 2
    kept = office.kept()
    assert set(kept) == {f"{KEPT}/{name}" for name in ("report.html", "report.pdf", "report.eml")}
    assert b"Cost rose 120%" in kept[f"{KEPT}/report.html"]
    assert kept[f"{KEPT}/report.pdf"].startswith(b"%PDF")
    message = message_from_bytes(kept[f"{KEPT}/report.eml"], policy=default)
    assert (message["To"], message["List-Unsubscribe"]) == (None, None), "what is kept is nobody's"

    again = send(on="2026-11-18T09:00:00Z")
    assert (again["kept"], again["sent"], again["sent_before"], len(office.mailed())) == (KEPT, 0, 2, 2)
    assert follow(links[0], "POST")["statusCode"] == 200
    left = send(on="2026-11-23T06:00:00Z")
    assert (left["sent"], left["sent_before"], left["left_out"]) == (1, 0, {"unsubscribed": 1})
    assert office.mailed()[-1][0] == BO


def first_lines(message: Any) -> tuple[str, str]:
    """Of the text, and of the page as a mailbox lists it."""
    page, text = message.get_body(("html",)).get_content(), message.get_body(("plain",)).get_content()
    preview = page.split('aria-hidden="true"')[1].split(">", 1)[1].split("<")[0]
    return text.splitlines()[0], preview


def test_a_report_of_a_late_build_says_so_first(office: Office) -> None:
    office.publish(six_weeks(), "2026-11-14T10:00:00+00:00")
    assert send()["trouble"] == "Late"
    _, message = office.mailed()[0]
    assert message["Subject"].startswith("Late: Finance report · Week of 9 – 15 Nov 2026: ")
    text, preview = first_lines(message)
    said = "This report is late: the lake is complete through 2026-11-14 10:00 UTC, so 14 – 15 Nov 2026 are not"
    assert text.startswith(f"! {said}")
    assert preview.startswith(said)


def test_where_nothing_came_since_the_week_before_no_old_report_is_sent_as_new(office: Office) -> None:
    office.publish(six_weeks(), "2026-11-16T00:30:00+00:00")
    assert send(on="2026-11-23T06:00:00Z")["kept"] == KEPT.replace("-09", "-16")
    (_, new), *_ = office.mailed()
    assert new["Subject"] == (
        "Late: Finance report · Week of 16 – 22 Nov 2026: There are no data of 16 – 22 Nov 2026; "
        "the newest are of 15 Nov 2026."
    )
    text = new.get_body(("plain",))
    assert text is not None
    assert "$" not in text.get_content()


def test_a_build_that_the_gate_refused_is_told_first_and_names_like_scripts_stay_text(office: Office) -> None:
    rows = six_weeks()
    for row in (row for many in rows.values() for row in many):
        row |= {"model": row["model"] + HOSTILE, "feature": HOSTILE}
    office.publish(rows)
    gate(office.folder / "lake", "r1", "failed")
    office.upload()
    assert send()["trouble"] == "Last build refused"
    _, message = office.mailed()[0]
    assert message["Subject"].startswith("Last build refused: Finance report · ")
    assert first_lines(message)[0].startswith("! The build of 2026-11-19 09:00 UTC failed the quality gate (gold.cost")
    page = message.get_body(("html",))
    assert page is not None
    for html in (page.get_content(), office.kept()[f"{KEPT}/report.html"].decode()):
        assert "&lt;script&gt;" in html
        assert "script" not in tags(html)


def tags(html: str) -> set[str]:
    """The elements of a page."""
    found: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: found.add(tag)  # type: ignore[method-assign]
    parser.feed(html)
    return found


def test_before_anything_is_published_nobody_is_mailed(office: Office) -> None:
    with pytest.raises(NothingPublished):
        send()
    assert office.mailed() == []


def test_what_the_stage_does_not_send_is_refused_in_one_sentence(office: Office) -> None:
    with pytest.raises(NotAsked, match="The stage has no report for product by week; write it into"):
        send(audience="product")
