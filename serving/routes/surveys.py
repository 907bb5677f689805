"""Surveys: kept, and asked for a person's next one."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from ingest.contracts.roles import EXECUTOR
from serving.logic.cabinet import Cabinet
from serving.logic.record import values_of
from serving.logic.refused import bad_request
from serving.logic.surveys.asking import AskingSurveys
from serving.logic.surveys.model import Question, Survey, SurveyTerms
from serving.routes.experiments import UserIdQuery
from serving.routes.records import Kind, add_records
from serving.routes.templates.registering import EnvironmentQuery, Routes, send, tell

SURVEYS = "/surveys"
_NEXT = "next"
_Feature = Annotated[str | None, Query(min_length=1, max_length=256, description="What they are using")]


class ShownSurvey(BaseModel, defer_build=True):
    """What to ask. Each answer is feedback: `{"kind": "survey", "survey": …, "question": …, "answer": …}`."""

    id: str = Field(description="Goes into the answer's `survey`")
    title: str
    questions: list[Question] = Field(description="The id of each goes into its answer's `question`")


class NextSurvey(BaseModel, defer_build=True):
    """The survey for a person now, if any."""

    survey: ShownSurvey | None


def add_surveys(routes: Routes, cabinet: Cabinet[Survey], asking: AskingSurveys) -> None:
    """Let the resolver keep surveys and show them."""

    @routes.add("GET", f"{SURVEYS}/{_NEXT}", "Ask for a person's next survey", NextSurvey)
    def get_next_survey(
        user_id: UserIdQuery, feature: _Feature = None, environment: EnvironmentQuery = None
    ) -> Response[Any]:
        """Which survey, if any, this person sees now. It counts as shown: they won't get it again, and no other before
        the quiet period has passed. The role executor, or editor, is needed.
        """
        found = asking.next(routes.reader(environment, EXECUTOR), user_id, feature)
        shown = found and ShownSurvey(id=found.id, title=found.title, questions=list(found.questions))
        return send(tell(NextSurvey(survey=shown)))

    add_records(
        routes,
        Kind(
            "survey",
            SURVEYS,
            cabinet,
            Survey,
            SurveyTerms,
            "editor",
            _make,
            lambda _, terms: values_of(SurveyTerms, terms),
        ),
    )


def _make(terms: SurveyTerms, signed: dict[str, Any]) -> Survey:
    if signed["id"] == _NEXT:
        raise bad_request(
            "no_such_id", f"No survey can have the id {_NEXT}, which asks for a person's; choose another."
        )
    return Survey(**values_of(SurveyTerms, terms), **signed)
