"""Every event there is. A new event is one file under ``events/`` and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from ingest.contracts.envelope import Event
from ingest.contracts.events.behavior import Behavior
from ingest.contracts.events.email_event import EmailEvent
from ingest.contracts.events.evaluation import Evaluation
from ingest.contracts.events.feedback import Feedback
from ingest.contracts.events.prompt_execution import PromptExecution
from ingest.contracts.events.service_metric import ServiceMetric
from ingest.contracts.events.support_ticket import SupportTicket
from ingest.contracts.events.web_vital import WebVital


def _type_name(model: type[Event]) -> str:
    (name,) = model.model_fields["event_type"].annotation.__args__  # type: ignore[union-attr]
    return str(name)


_CONTRACTS = (PromptExecution, Evaluation, Feedback, WebVital, Behavior, SupportTicket, EmailEvent, ServiceMetric)
EVENTS: Mapping[str, type[Event]] = MappingProxyType({_type_name(model): model for model in _CONTRACTS})
"""Contract by event type; the type is also the name of its bronze and silver tables."""
