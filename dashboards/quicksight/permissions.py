"""Who may do what with each document.

Nobody is given what would get around the rules by team: not the data source, of which other data sets could be made,
and not a data set as its owner, who sees all rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.quicksight.place import Access, Place

_FOR_GROUPS: Mapping[str, Sequence[str]] = {
    "CreateDashboard": ("DescribeDashboard", "ListDashboardVersions", "QueryDashboard"),
    "CreateTheme": ("DescribeTheme", "DescribeThemeAlias", "ListThemeAliases", "ListThemeVersions"),
}
_FOR_AUTHORS: Mapping[str, Sequence[str]] = {
    "CreateDataSet": (
        *("DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet"),
        *("DescribeIngestion", "ListIngestions"),
    ),
    "CreateAnalysis": (
        *("DescribeAnalysis", "QueryAnalysis", "UpdateAnalysis", "DeleteAnalysis", "RestoreAnalysis"),
        *("DescribeAnalysisPermissions", "UpdateAnalysisPermissions"),
    ),
}
"""QuickSight takes these in sets, as its console gives them to a viewer or an owner, and no others."""


def permitted(action: str, place: Place, access: Access) -> dict[str, list[dict[str, Any]]]:
    """The ``Permissions`` of what an action makes; nothing where nobody has any."""
    given = [(group, _FOR_GROUPS[action]) for group in access.teams_by_group if action in _FOR_GROUPS]
    if access.authors is not None and action in _FOR_AUTHORS:
        given.append((access.authors, _FOR_AUTHORS[action]))
    permissions = [
        {"Principal": access.arn(place, group), "Actions": [f"quicksight:{verb}" for verb in verbs]}
        for group, verbs in given
    ]
    return {"Permissions": permissions} if permissions else {}
