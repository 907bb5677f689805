"""All that works with prompts, put together over one table."""

import logging
from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from serving.logic.budgets.counting import Counting
from serving.logic.budgets.model import Budget
from serving.logic.budgets.notices import Notice, Notify
from serving.logic.cabinet import Cabinet
from serving.logic.events import RecordEvent
from serving.logic.execution.cache import ResponseCache
from serving.logic.execution.executions import Defer, Executions
from serving.logic.execution.kept import KeptExecutions
from serving.logic.execution.recording import Recorder
from serving.logic.execution.running import Runner
from serving.logic.experiments.assigning import Assigning
from serving.logic.experiments.model import Experiment
from serving.logic.surveys.asking import AskingSurveys
from serving.logic.surveys.model import Survey
from serving.logic.templates.desk import Desk
from serving.routes.budgets import add_budgets
from serving.routes.execution.executing import add_executing
from serving.routes.experiments import add_experiments
from serving.routes.surveys import add_surveys
from serving.routes.templates.registering import Routes
from serving.stores.records import RecordStore

_log = logging.getLogger("promptlake.budgets")


def log_notice(notice: Notice) -> None:
    """Tell it in the log."""
    _log.warning("%s", notice)


@dataclass(frozen=True)
class Prompts:
    """The parts."""

    desk: Desk
    executions: Executions
    counting: Counting
    budgets: Cabinet[Budget]
    experiments: Cabinet[Experiment]
    assigning: Assigning
    surveys: Cabinet[Survey]
    asking_surveys: AskingSurveys


def open_prompts(desk: Desk, record: RecordEvent, notify: Notify = log_notice, defer: Defer | None = None) -> Prompts:
    """Put them together.

    Args:
        desk: keeps the templates, and knows the models.
        record: takes one event.
        notify: tells somebody that a part of a budget is spent.
        defer: for executions that take longer than may be waited for.
    """
    table, clock = desk.store.table, desk.clock
    budgets = RecordStore(table, Budget)
    surveys = RecordStore(table, Survey)
    experiments = RecordStore(table, Experiment)
    recorder, counting = Recorder(record, table), Counting(budgets, notify)
    assigning = Assigning(experiments, recorder, clock)
    runner = Runner(desk.models, recorder, counting, ResponseCache(table))
    executions = Executions(desk, runner, KeptExecutions(table), assigning, defer)
    return Prompts(
        desk,
        executions,
        counting,
        Cabinet(budgets, Budget.KIND, clock),
        Cabinet(experiments, Experiment.KIND, clock, at_most=None),
        assigning,
        Cabinet(surveys, Survey.KIND, clock),
        AskingSurveys(surveys, clock),
    )


def add_prompts(app: APIGatewayRestResolver, prompts: Prompts) -> None:
    """Let the resolver execute prompts, and keep what they are executed by."""
    people = prompts.desk.people
    add_executing(Routes(app, people, "executions"), prompts.executions)
    add_budgets(Routes(app, people, "budgets"), prompts.budgets, prompts.counting)
    add_experiments(Routes(app, people, "experiments"), prompts.experiments, prompts.assigning, prompts.desk)
    add_surveys(Routes(app, people, "surveys"), prompts.surveys, prompts.asking_surveys)
