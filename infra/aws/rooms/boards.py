"""QuickSight's documents as resources, with the role as which QuickSight asks Athena.

They are the requests that :mod:`dashboards.quicksight.documents` makes. CloudFormation takes the same of them, and
where it does not, `_AS_RESOURCE` says so.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from dashboards.boards import BoardError, load_boards
from dashboards.quicksight import BOARDS
from dashboards.quicksight.documents import requests
from dashboards.quicksight.place import Access, Place
from infra.aws.names import Names
from infra.aws.rooms.permissions import accept, allow
from infra.aws.rooms.reaching import may_list
from infra.aws.rooms.storage import RESULTS
from infra.aws.stage import EVERY_TEAM, QuickSight, StageError
from ingest.contracts import layout

_MAKES = "Create"
_AS_RESOURCE: Mapping[str, Mapping[str, Any]] = {
    # A data set is made as soon as it is described: there may be nothing to read before the first build.
    "DataSet": {"IngestionWaitPolicy": {"WaitForSpiceIngestion": False}},
}
_RENAMED = {"Timezone": "TimeZone"}

_CATALOG = "Which tables and views there are, the models and metrics say."
_RESULTS = "Athena names the files of its answers itself."
_LISTS = "Lists of catalogs and workgroups have no resource that a policy could name."


class Boards(Construct):
    """A resource each; what a document refers to is made before it."""

    def __init__(self, scope: Construct, names: Names, quicksight: QuickSight) -> None:
        super().__init__(scope, "Boards")
        role = _role(self, names)
        place = Place(names.stage.account, names.stage.region, names.workgroup, role.role_arn, names.partition)
        made: dict[str, CfnResource] = {}
        for action, parameters in _requests(place, access_of(quicksight, names.stage.region)):
            kind = action.removeprefix(_MAKES)
            properties = {**_renamed(parameters), **_AS_RESOURCE.get(kind, {})}
            resource = CfnResource(
                self, f"{kind}-{_name(kind, parameters)}", type=f"AWS::QuickSight::{kind}", properties=properties
            )
            resource.node.add_dependency(role)
            arn, needed = _arns(kind, parameters, place)
            for one in needed & made.keys():
                resource.add_resource_dependency(made[one])
            made[arn] = resource
        accept(self, "CloudFormation-Validate::W9009", "The requests from which these follow take them so.")


def access_of(quicksight: QuickSight, region: str) -> Access:
    """Who sees what, as the stage says it."""
    teams = {group: None if EVERY_TEAM in teams else teams for group, teams in quicksight.groups.items()}
    return Access(teams, quicksight.identity_region or region, quicksight.authors, quicksight.namespace)


def _requests(place: Place, access: Access) -> list[tuple[str, dict[str, Any]]]:
    try:
        return list(requests(load_boards(BOARDS).values(), place, access))
    except BoardError as error:
        raise StageError(str(error)) from error


def _name(kind: str, parameters: Mapping[str, Any]) -> str:
    """What a document is called among those of its kind: its own id, or that of the data set that is refreshed."""
    name: str = parameters.get(f"{kind}Id") or parameters["DataSetId"]
    return name


def _arns(kind: str, parameters: Mapping[str, Any], place: Place) -> tuple[str, set[str]]:
    """A document's own ARN, and the texts in it, among which are those of what it refers to."""
    own = place.arn(kind.lower(), _name(kind, parameters))
    of_data_set = place.arn("dataset", parameters["DataSetId"]) if "DataSetId" in parameters else own
    return own, {*_texts(parameters), of_data_set} - {own}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)


def _renamed(value: Any) -> Any:
    """The few members that are called otherwise as properties."""
    if isinstance(value, dict):
        return {_RENAMED.get(name, name): _renamed(member) for name, member in value.items()}
    return [_renamed(member) for member in value] if isinstance(value, list | tuple) else value


def _role(scope: Construct, names: Names) -> iam.Role:
    """As which QuickSight asks Athena, whoever looks: it reads gold and the views, and writes answers.

    QuickSight takes a role of its own account only, and only from who may pass it.
    """
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("quicksight.amazonaws.com"))
    athena = [
        *("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "BatchGetQueryExecution"),
        *("GetQueryResults", "GetQueryResultsStream", "GetWorkGroup", "ListQueryExecutions"),
    ]
    allow(role, [f"athena:{verb}" for verb in athena], [names.arn("athena", f"workgroup/{names.workgroup}")])
    lists = ("GetDataCatalog", "GetDatabase", "GetTableMetadata", "ListDatabases", "ListTableMetadata")
    catalog = names.arn("athena", "datacatalog/AwsDataCatalog")
    allow(role, [f"athena:{verb}" for verb in lists], [catalog])
    allow(role, ["athena:ListDataCatalogs", "athena:ListWorkGroups"], ["*"], _LISTS)
    reads = ("GetDatabase", "GetDatabases", "GetTable", "GetTables", "GetPartition", "GetPartitions")
    glue = dict.fromkeys(arn for database in (layout.GOLD, layout.ANALYSIS) for arn in names.glue_arns(database))
    allow(role, [f"glue:{verb}" for verb in reads], list(glue), _CATALOG)
    may_list(role, names)
    allow(role, ["s3:GetObject"], [names.lake_arn(layout.GOLD)], "The files of a table are named as they are written.")
    allow(
        role,
        ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        [names.bucket_arn(names.passing)],
    )
    answers = ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")
    allow(role, [f"s3:{verb}" for verb in answers], [names.bucket_arn(names.passing, f"{RESULTS}/*")], _RESULTS)
    return role
