"""Answers to surveys, messages, tickets, content and clicks, as the API sums them."""

from __future__ import annotations

import pytest

from tests.serving.lakes import Api


def test_the_score_has_an_interval(filled: Api) -> None:
    total = filled.get("/analytics/quality").json["total"]
    assert total["nps"] == 50.0
    assert (total["nps_low"], total["nps_high"]) == (pytest.approx(-33.59, abs=0.01), pytest.approx(90.73, abs=0.01))


def test_without_answers_there_is_no_interval(filled: Api) -> None:
    search = filled.get("/analytics/quality", group_by="feature").row(feature="search")
    assert (search["nps"], search["nps_low"], search["nps_high"]) == (None, None, None)


def test_means_of_questions_are_told_question_by_question(filled: Api) -> None:
    answer = filled.get("/analytics/quality").json
    assert answer["total"]["survey_answers"] == 4
    assert {"metric": "survey_mean", "lacks": [], "needs": ["survey", "question"]} in answer["not_available"]
    by_question = filled.get("/analytics/quality", group_by="survey,question")
    assert by_question.row(question="useful")["survey_mean"] == 4.0
    assert by_question.row(question="why")["survey_mean"] is None, "texts have no mean"


def test_rates_are_of_what_they_can_be_of(filled: Api) -> None:
    spring = filled.get("/analytics/engagement/email", group_by="campaign").row(campaign="spring")
    rates = (spring["email_delivery_rate"], spring["email_open_rate"], spring["email_click_rate"])
    assert rates == (0.8, 0.5, 0.0)


def test_tickets_that_have_no_time_are_in_no_percentile(filled: Api) -> None:
    billing = filled.get("/analytics/engagement/support", group_by="topic").row(topic="billing")
    assert (billing["tickets"], billing["ticket_solved_rate"]) == (4, 0.75)
    assert (billing["ticket_resolution_p50_min"], billing["ticket_resolution_p90_min"]) == (20, 90)


def test_content_with_a_prompt_and_without(filled: Api) -> None:
    answer = filled.get("/analytics/engagement/content", group_by="made_with")
    assert answer.row(made_with="prompt")["content_created"] == 3
    assert answer.json["total"]["content_prompt_share"] == 0.75


def test_clicks_without_a_place_are_a_share_of_all(filled: Api) -> None:
    total = filled.get("/analytics/engagement/heatmap").json["total"]
    assert (total["clicks"], total["unplaced_click_share"]) == (4, 0.25)
