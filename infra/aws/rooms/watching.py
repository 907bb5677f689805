"""Alarms and the overview, both made of the objectives in ``slos.yaml``."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.aws.names import Names
from infra.aws.slos import Objective, objectives, objectives_of, resolved
from infra.aws.watch.measure import DAILY
from sql.catalog import metrics

_WIDTH, _HEIGHT = 6, 5


class Watching(Construct):
    """One alarm an objective, one overview of all of them."""

    def __init__(self, scope: Construct, names: Names, parts: Mapping[str, str]) -> None:
        """``parts`` are what there is to watch, with what each is called in the account."""
        super().__init__(scope, "Watching")
        self._names, self._parts = names, parts
        held = objectives_of(parts, objectives())
        for objective in held:
            self._alarm(objective)
        cloudwatch.CfnDashboard(
            self,
            "Overview",
            dashboard_name=names.stage.named("overview"),
            dashboard_body=json.dumps(overview(names, held, parts)),
        )

    def _alarm(self, objective: Objective) -> None:
        signal, names = objective.signal, self._names
        extended = signal.statistic.startswith("p")
        cloudwatch.CfnAlarm(
            self,
            objective.name,
            alarm_name=names.stage.named(objective.name),
            alarm_description=f"[{objective.severity}] {objective.title}. {objective.objective}. {objective.runbook}",
            namespace=signal.namespace or names.metrics,
            metric_name=signal.metric,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in resolved(signal, self._parts).items()
            ],
            statistic=None if extended else signal.statistic,
            extended_statistic=signal.statistic if extended else None,
            period=signal.minutes * 60,
            evaluation_periods=1,
            threshold=signal.bound,
            comparison_operator="LessThanThreshold" if signal.at_least is None else "GreaterThanOrEqualToThreshold",
            treat_missing_data="breaching" if signal.missing == "bad" else "notBreaching",
            alarm_actions=[names.topic_arn],
            ok_actions=[names.topic_arn],
        )


def overview(names: Names, held: Sequence[Objective], parts: Mapping[str, str]) -> dict[str, Any]:
    """The dashboard: all alarms, the figures of the business, then a panel an objective."""
    alarms = [names.arn("cloudwatch", f"alarm:{names.stage.named(one.name)}") for one in held]
    status = {"type": "alarm", "width": 24, "height": 4, "properties": {"title": "Objectives", "alarms": alarms}}
    figures = [
        _panel(names, metrics()[name].title, [[names.metrics, name]], "Average", 86_400, {"view": "singleValue"})
        for name in DAILY
    ]
    panels = [_panel_of(names, one, parts) for one in held]
    return {"widgets": [status, *figures, *panels]}


def _panel_of(names: Names, objective: Objective, parts: Mapping[str, str]) -> dict[str, Any]:
    signal = objective.signal
    dimensions = [word for pair in resolved(signal, parts).items() for word in pair]
    shown = {"annotations": {"horizontal": [{"value": signal.bound, "label": "objective"}]}}
    metric = [signal.namespace or names.metrics, signal.metric, *dimensions]
    return _panel(names, objective.title, [metric], signal.statistic, min(signal.minutes * 60, 3600), shown)


def _panel(
    names: Names, title: str, shown: list[list[str]], statistic: str, period_s: int, more: dict[str, Any]
) -> dict[str, Any]:
    properties = {"title": title, "region": names.stage.region, "metrics": shown, "stat": statistic, "period": period_s}
    return {"type": "metric", "width": _WIDTH, "height": _HEIGHT, "properties": {**properties, **more}}
