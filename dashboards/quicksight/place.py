"""Where the documents go, and who may see them there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ATHENA = "promptlake"
"""The id of the data source."""


@dataclass(frozen=True, slots=True)
class Place:
    """An account, a region, and how Athena is asked there: in which workgroup, and as which role."""

    account: str
    region: str
    workgroup: str
    role_arn: str
    partition: str = "aws"

    def arn(self, kind: str, name: str) -> str:
        return f"arn:{self.partition}:quicksight:{self.region}:{self.account}:{kind}/{name}"

    @property
    def data_source_arn(self) -> str:
        return self.arn("datasource", ATHENA)


@dataclass(frozen=True, slots=True)
class Access:
    """Groups of QuickSight, which know people in one region and namespace. Who is in none of them sees nothing."""

    teams_by_group: Mapping[str, Sequence[str] | None]
    """Whose rows each group sees; None is everybody's."""
    region: str
    """The identity region: where the account has subscribed."""
    authors: str | None = None
    """The group that has the analyses, to change them."""
    namespace: str = "default"

    def arn(self, place: Place, group: str) -> str:
        return f"arn:{place.partition}:quicksight:{self.region}:{place.account}:group/{self.namespace}/{group}"
