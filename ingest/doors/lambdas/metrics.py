"""Figures as metrics embedded in a function's log, which CloudWatch reads at no further call."""

import os
from collections.abc import Mapping

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from ingest.doors.lambdas.variables import METRICS_NAMESPACE, NAMESPACE_VARIABLE

_NOTHING: Mapping[str, str] = {}


def tell(
    name: str,
    value: float,
    unit: MetricUnit = MetricUnit.Count,
    dimensions: Mapping[str, str] = _NOTHING,
    beside: Mapping[str, str] = _NOTHING,
) -> None:
    """Write one figure.

    Args:
        name: the metric's.
        value: the figure.
        unit: CloudWatch's.
        dimensions: by which it is told apart; each combination is a metric that is billed.
        beside: what stands in the log line, and is no dimension.
    """
    namespace = os.environ.get(NAMESPACE_VARIABLE, METRICS_NAMESPACE)
    with single_metric(name, unit, value, namespace=namespace) as metric:
        for dimension, of_what in dimensions.items():
            metric.add_dimension(dimension, of_what)
        for key, text in beside.items():
            metric.add_metadata(key, text)
