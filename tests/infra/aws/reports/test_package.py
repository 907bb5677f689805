"""The function of the reports runs from what its image holds, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from infra.aws.packages.build import build_reports_context, build_reports_tree
from infra.aws.packed import REPORTS
from infra.aws.reports.asked import packed
from infra.aws.reports.variables import REPORTS_VARIABLE
from infra.aws.stage import read_stage
from tests.dashboards.briefs.weeks import six_weeks
from tests.infra.aws.reports.office import FINANCE, Office
from tests.infra.aws.stack.templates import EXAMPLES
from tests.services.lambda_runtime import function, needs_runtime

HANDLER = "infra.aws.reports.function.handler"


@needs_runtime
def test_it_sends_a_report(office: Office, tmp_path: Path) -> None:
    office.publish(six_weeks())
    package = build_reports_tree(tmp_path / "package", json.dumps({"finance/week": ["ann@example.com"]}))
    (disk := tmp_path / "disk").mkdir()
    environment = office.account.environment | office.environment
    # All that a function may write to is its disk: it has no home.
    environment |= {REPORTS_VARIABLE: REPORTS, "TMPDIR": str(disk), "HOME": "/nowhere"}
    with function(HANDLER, environment, memory_mb=1769, package=package) as lambda_:
        lambda_.events.put(json.dumps(FINANCE).encode())
        kind, body = lambda_.answers.get(timeout=300)
    assert kind == "response", body
    assert json.loads(body)["sent"] == 1
    (_, message), *_ = office.mailed()
    assert sum(part.get_content_type() == "image/png" for part in message.walk()) > 2


def test_its_context_has_what_the_dockerfile_copies(tmp_path: Path) -> None:
    context = build_reports_context(tmp_path / "reports", packed(read_stage("prod", EXAMPLES).reports))
    copied = [line.split()[1].rstrip("/") for line in (context / "Dockerfile").read_text().splitlines()
              if line.startswith("COPY")]  # fmt: skip
    assert all((context / name).exists() for name in copied)
    assert json.loads((context / "owner" / REPORTS).read_text()) == {
        "product/week": ["ann@example.com", "bo@example.com"],
        "finance/month": ["ann@example.com"],
    }
    assert not [*context.rglob("*.pyc")]
    assert f'CMD ["{HANDLER}"]' in (context / "Dockerfile").read_text()
