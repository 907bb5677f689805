"""Who gets mail, who gets none any more, and what is known of what was sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.aws.reports import bounces, variables
from infra.aws.reports.post import REPORT_TAG, Post, ses_client
from infra.aws.reports.sending import NotSent, Sent, send_to_all
from infra.local.cli import main
from ingest.doors.lambdas.variables import TABLE_VARIABLE
from tests.infra.aws.reports.bad_ses import ses_that
from tests.infra.aws.reports.office import ANN, BO, LINK, SENDER, Office, follow
from tests.infra.aws.stack.test_stage import GOOD
from tests.services.moto import client

WEEK, NEXT_WEEK = "reports/finance/week/2026-11-09", "reports/finance/week/2026-11-16"


def short(link: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Finance report"
    message.set_content(f"Unsubscribe: {link}")
    return message


def send(office: Office, report: str = WEEK, to: tuple[str, ...] = (ANN, BO)) -> Sent:
    post = Post(ses_client(), SENDER, "promptlake-dev-mail", wait=lambda _: None)
    return send_to_all(office.mailing(), post, LINK, "finance", report, to, short)


def test_looking_at_the_link_ends_nothing_and_its_button_does(office: Office) -> None:
    send(office)
    link = link_of(office, ANN)
    looked = follow(link, "GET")
    assert (looked["statusCode"], '<form method="post">' in looked["body"]) == (200, True)
    assert send(office, NEXT_WEEK).now == 2, "programs that guard mailboxes follow links, too"
    done = follow(link, "POST")
    assert (done["statusCode"], "<form" in done["body"]) == (200, False)
    assert "No more finance reports are sent to ann@example.com." in done["body"]
    assert "form-action 'self'" in done["headers"]["Content-Security-Policy"]
    assert follow(link, "POST")["statusCode"] == 200, "twice is once"
    assert "are sent to" in follow(link, "GET")["body"]
    left = send(office, "another")
    assert (left.now, left.left_out) == (1, {"unsubscribed": 1})
    assert office.mailing().subscription("product", ANN).unsubscribed_at is None, "of this audience only"


@pytest.mark.parametrize("token", ["nobodys", "", "%3Cscript%3E"])
def test_a_link_that_is_none_ends_nothing(office: Office, token: str) -> None:
    send(office)
    for method in ("GET", "POST"):
        assert follow(LINK + token, method)["statusCode"] == 404
    assert send(office, NEXT_WEEK).now == 2


def link_of(office: Office, address: str) -> str:
    """The same in every mail to one address."""
    (link,) = {str(message["List-Unsubscribe"]).strip("<>") for to, message in office.mailed() if to == address}
    return link


def event(kind: str, **more: Any) -> dict[str, Any]:
    """As SES tells EventBridge."""
    tags = {"ses:configuration-set": ["promptlake-dev-mail"], "promptlake-report": ["finance"]}
    return {
        "version": "0",
        "detail-type": "Email Bounced" if kind == "Bounce" else "Email Complaint Received",
        "source": "aws.ses",
        "detail": {"eventType": kind, "mail": {"messageId": "m-1", "tags": tags}, **more},
    }


def bounce(kind: str) -> dict[str, Any]:
    said = "smtp; 550 5.1.1 user unknown"
    recipients = [{"emailAddress": BO, "action": "failed", "status": "5.1.1", "diagnosticCode": said}]
    return event("Bounce", bounce={"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients})


COMPLAINT = event(
    "Complaint", complaint={"complainedRecipients": [{"emailAddress": BO}], "complaintFeedbackType": "abuse"}
)


@pytest.fixture
def heard(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What the topic of alarms says to who listens."""
    sns, sqs = client("sns", office.account.moto_url), client("sqs", office.account.moto_url)
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    monkeypatch.setenv(variables.TOPIC_VARIABLE, topic)
    return lambda: [json.loads(one["Body"]) for one in sqs.receive_message(QueueUrl=queue).get("Messages", ())]


@pytest.mark.parametrize(("said", "why"), [(bounce("Permanent"), "bounced"), (COMPLAINT, "complained")])
def test_who_bounced_or_complained_is_mailed_nothing_more_and_the_owner_is_told(
    office: Office, heard: Callable[[], list[dict[str, Any]]], said: dict[str, Any], why: str
) -> None:
    assert bounces.handler(said, None) == {"stopped": 1}
    done = send(office)
    assert (done.now, done.left_out) == (1, {why: 1})
    assert [to for to, _ in office.mailed()] == [ANN]
    (message,) = heard()
    assert "bo@example.com gets no more reports, since " in message["Message"]
    assert "`promptlake recipients restore --stage dev bo@example.com`" in message["Message"]
    assert office.mailing().restore(BO, ["finance"]) is True
    assert send(office).now == 1


def test_a_mailbox_that_is_full_for_a_while_is_mailed_again(
    office: Office, heard: Callable[[], list[dict[str, Any]]]
) -> None:
    assert bounces.handler(bounce("Transient"), None) == {"stopped": 0}
    assert (send(office).now, heard()) == (2, [])


def test_one_who_is_refused_is_told_of_and_tried_again(office: Office) -> None:
    client("sesv2", office.account.moto_url).delete_email_identity(EmailIdentity=SENDER)
    with pytest.raises(NotSent) as refused:
        send(office).check("s3://lake/report/")
    assert str(refused.value) == (
        f"2 did not get the report ({ANN}: Did not have authority to send from email {SENDER}); start the execution "
        "once more when that is mended, and nobody gets it twice."
    )
    office.verify_sender()
    assert send(office).now == 2, "what was not taken is no mail that was sent"


def test_who_is_on_the_list_twice_gets_one(office: Office) -> None:
    assert send(office, to=(BO, "BO@example.com")).now == 1
    assert len(office.mailed()) == 1


def test_each_message_is_of_the_stages_configuration_and_carries_what_the_rule_goes_by(office: Office) -> None:
    with ses_that() as ses:
        send(office, to=(ANN,))
    (asked,) = ses.bodies
    assert (asked["FromEmailAddress"], asked["Destination"]) == (SENDER, {"ToAddresses": [ANN]})
    assert asked["ConfigurationSetName"] == "promptlake-dev-mail"
    assert asked["EmailTags"] == [{"Name": REPORT_TAG, "Value": "finance"}]


_numbers = count()


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.integers(2, 5), to=st.sets(st.sampled_from([ANN, ANN.upper(), BO, "cy@example.com"]), min_size=1))
def test_runs_at_once_send_nothing_twice(office: Office, runs: int, to: set[str]) -> None:
    report, mailing = f"report-{next(_numbers)}", office.mailing()
    with ses_that() as ses, ThreadPoolExecutor(runs) as pool:
        post = Post(ses_client(), SENDER, "promptlake-dev-mail")
        asked = (mailing, post, LINK, "finance", report, sorted(to), short)
        done = [one.result() for one in [pool.submit(send_to_all, *asked) for _ in range(runs)]]
    got = Counter(body["Destination"]["ToAddresses"][0].lower() for body in ses.bodies)
    assert got == Counter({address.lower() for address in to})
    assert sum(one.now for one in done) == got.total()


@pytest.mark.parametrize("answer", [None, (500, "InternalFailure")])
def test_what_ses_may_have_taken_is_not_sent_again_and_is_told(office: Office, answer: tuple[int, str] | None) -> None:
    with ses_that(answer) as ses:
        first = send(office)
        assert (first.now, list(first.unclear), len(ses.bodies)) == (1, [ANN], 2)
        again = send(office)
        assert (again.now, again.before, list(again.unclear), len(ses.bodies)) == (0, 1, [ANN], 2)
    with pytest.raises(
        NotSent, match=r"Whether Ann@example\.com got the report is not known \(.*; forward s3://lake/r/\."
    ):
        again.check("s3://lake/r/")


def test_ses_that_is_too_busy_is_asked_again(office: Office) -> None:
    with ses_that((429, "TooManyRequestsException"), (429, "TooManyRequestsException")) as ses:
        assert (send(office).now, len(ses.bodies)) == (2, 4)
    with ses_that(*[(429, "TooManyRequestsException")] * 12):
        assert set(send(office, NEXT_WEEK).failed) == {ANN, BO}
    assert send(office, NEXT_WEEK).now == 2


def test_the_owner_sees_who_is_left_out_and_has_them_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = office.folder / "stages"
    stages.mkdir()
    own = office.account.environment
    reports = f'sender = "example.com"\n[[reports]]\naudience = "finance"\nperiod = "week"\nto = ["{ANN}", "{BO}"]\n'
    (stages / "dev.toml").write_text(GOOD.replace("eu-central-1", own["AWS_DEFAULT_REGION"]) + reports)
    monkeypatch.setattr("infra.aws.names.Names.access", own[TABLE_VARIABLE])
    there = ["--stage", "dev", "--stages", str(stages)]
    send(office)
    follow(link_of(office, ANN), "POST")
    office.mailing().stop(BO, "bounced")
    assert main(["recipients", "list", "--json", *there]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["address"], one["left_out"]) for one in listed] == [(ANN, "unsubscribed"), (BO, "bounced")]
    for address in (ANN, BO):
        assert main(["recipients", "restore", address, *there]) == 0
    assert main(["recipients", "restore", ANN, *there]) == 1
    assert f"{ANN} is left out of no report; `promptlake recipients list --stage dev` says" in capsys.readouterr().err
    assert main(["recipients", "list", *there]) == 0
    assert "unsubscribed" not in capsys.readouterr().out
    assert send(office, NEXT_WEEK).now == 2
