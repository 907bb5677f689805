"""Names of dimensions and units as readers say them."""

from dashboards.reports.labels import label

_UNITS = {"executions": "calls"}


def unit_of(unit: str | None) -> str:
    return _UNITS.get(unit or "", unit or "things")


def dimension_name(dimension: str) -> str:
    """``template_version`` -> ``template version``; of several columns, the last."""
    name = label(dimension.rpartition("/")[2])
    return name[:1].lower() + name[1:]
