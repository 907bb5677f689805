"""The stacks of a stage: what is kept, what may be destroyed and deployed again, copies elsewhere, and boards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Environment, Stack, Tags
from constructs import Construct

from infra.aws.names import Names
from infra.aws.packed import APP, BOARDS, COPIES, DATA, MODELS, PEOPLE, SETTINGS
from infra.aws.rooms.api import Api
from infra.aws.rooms.boards import Boards
from infra.aws.rooms.catalog import Catalog
from infra.aws.rooms.collector import Collector, Consumer
from infra.aws.rooms.copies import Copies
from infra.aws.rooms.delivery import Delivery
from infra.aws.rooms.flows import BUILD, REPORTS, ROUTINES
from infra.aws.rooms.functions import Functions, Packages
from infra.aws.rooms.jobs import Jobs, SparkJobs
from infra.aws.rooms.machines import Machines
from infra.aws.rooms.pages import Pages
from infra.aws.rooms.people import People
from infra.aws.rooms.reading import Reading
from infra.aws.rooms.reports import Reports
from infra.aws.rooms.routines import Routines
from infra.aws.rooms.sources import Sources
from infra.aws.rooms.storage import Storage
from infra.aws.rooms.tables import Tables
from infra.aws.rooms.telling import STAGE_TAG, TOOL_TAG, Mail, Spending, Telling
from infra.aws.rooms.watching import Watching
from infra.aws.stage import QuickSight
from ingest.doors.lambdas import variables as of_doors
from serving.lambdas import variables


class DataStack(Stack):
    """What stays when the rest is destroyed: objects, tables, the catalog, and who may sign in."""

    def __init__(self, scope: Construct, names: Names) -> None:
        super().__init__(scope, names.stack(DATA), env=_where(names), termination_protection=True,
                         description=f"promptlake, stage {names.stage.name}: what is kept")  # fmt: skip
        Storage(self, names)
        Tables(self, names)
        Catalog(self, names)
        self.people = People(self, names)
        _tag(self, names)


class AppStack(Stack):
    """What takes, builds and answers. It keeps nothing, so it may be destroyed and deployed again."""

    def __init__(
        self, scope: Construct, names: Names, packages: Packages, openapi: dict[str, Any], people: People
    ) -> None:
        super().__init__(scope, names.stack(APP), env=_where(names),
                         description=f"promptlake, stage {names.stage.name}: what works")  # fmt: skip
        stage = names.stage
        is_spark = stage.lake.build.engine == "spark"
        delivering = _delivering(names)
        telling = Telling(self, names)
        functions = Functions(self, names, packages)
        delivery = Delivery(self, names, functions, delivering)
        collector = Collector(self, names, functions, delivering)
        self.kinesis = [Consumer(self, names, functions, delivering)] if stage.extras.kinesis else []
        signing_in = (people.pool.user_pool_id, people.client.user_pool_client_id)
        api = Api(self, names, functions, openapi, signing_in, _owners_files(names))
        Jobs(self, names, functions)
        if is_spark:
            SparkJobs(self, names, packages)
        Routines(self, names, functions, delivering)
        Machines(self, names, is_spark=is_spark)
        Reading(self, names)
        Pages(self, names)
        mail = Mail(self, names, stage.sender) if stage.sender else None
        Sources(self, names, list(delivery.streams.values()), mail.configuration if mail else None)
        if stage.reports and mail:
            Reports(self, names, functions, api, mail, telling)
        Spending(self, names, telling.topic)
        Watching(self, names, _parts(names, functions, collector.api.api_id))
        _tag(self, names)


class CopiesStack(Stack):
    """What is kept once more, in another region."""

    def __init__(self, scope: Construct, names: Names) -> None:
        where = Environment(account=names.stage.account, region=names.stage.extras.copies_in)
        super().__init__(scope, names.stack(COPIES), env=where, termination_protection=True,
                         description=f"promptlake, stage {names.stage.name}: copies of what is kept")  # fmt: skip
        Copies(self, names)
        _tag(self, names)


class BoardsStack(Stack):
    """What is shown in QuickSight. Apart, so that what QuickSight refuses holds back nothing that takes and answers."""

    def __init__(self, scope: Construct, names: Names, quicksight: QuickSight) -> None:
        super().__init__(scope, names.stack(BOARDS), env=_where(names), suppress_template_indentation=True,
                         description=f"promptlake, stage {names.stage.name}: what is shown")  # fmt: skip
        Boards(self, names, quicksight)
        _tag(self, names)


@dataclass(frozen=True)
class Stacks:
    data: DataStack
    app: AppStack
    copies: CopiesStack | None
    boards: BoardsStack | None


def make_stacks(scope: Construct, names: Names, packages: Packages, openapi: dict[str, Any]) -> Stacks:
    """The stacks of a stage, each after what it needs."""
    data = DataStack(scope, names)
    copies = CopiesStack(scope, names) if names.stage.extras.copies_in else None
    if copies:
        data.add_stack_dependency(copies)
    app = AppStack(scope, names, packages, openapi, data.people)
    app.add_stack_dependency(data)
    quicksight = names.stage.quicksight
    boards = BoardsStack(scope, names, quicksight) if quicksight else None
    if boards:
        boards.add_stack_dependency(app)
    return Stacks(data, app, copies, boards)


def _where(names: Names) -> Environment:
    return Environment(account=names.stage.account, region=names.stage.region)


def _tag(stack: Stack, names: Names) -> None:
    Tags.of(stack).add(STAGE_TAG, names.stage.name)
    Tags.of(stack).add(TOOL_TAG, "true")


def _delivering(names: Names) -> dict[str, str]:
    """What all functions know that put rows into streams."""
    settings = {of_doors.SETTINGS_VARIABLE: SETTINGS} if names.stage.settings else {}
    return {
        of_doors.PREFIX_VARIABLE: names.stream_prefix,
        of_doors.KEYS_VARIABLE: names.keys_parameter,
        of_doors.TABLE_VARIABLE: names.access,
        of_doors.LEDGER_VARIABLE: names.ledger,
        **settings,
    }


def _owners_files(names: Names) -> dict[str, str]:
    stage = names.stage
    given = {variables.MODELS_VARIABLE: (stage.models, MODELS), variables.PEOPLE_VARIABLE: (stage.people, PEOPLE)}
    return {variable: packed for variable, (file, packed) in given.items() if file}


def _parts(names: Names, functions: Functions, collector_id: str) -> Mapping[str, str]:
    """What there is to watch, with what it is called in the account."""
    stage = names.stage
    flows = (BUILD, *ROUTINES, *([REPORTS] if stage.reports else []))
    machines = {f"machine:{what}": names.flow_arn(what) for what in flows}
    tables = {f"table:{t.removeprefix(stage.named(''))}": t for t in (names.access, names.ledger, names.templates)}
    return {
        **{f"function:{what}": names.function(what) for what in functions.made},
        **machines,
        **tables,
        "api:collector": collector_id,
        "api:api": stage.named("api"),
        "queue:dead-letters": names.dead_letters,
        "streams": names.stream_prefix,
        **({"kinesis:events": stage.named("events")} if stage.extras.kinesis else {}),
    }
