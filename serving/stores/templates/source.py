"""The templates of one environment at one moment, for who composes and renders them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from serving.logic.templates.model import Part, Selector, Version
from serving.stores.templates.store import TemplateStore


@dataclass(frozen=True)
class OfEnvironment:
    """:class:`serving.logic.templates.model.Source`, which remembers what it gave."""

    store: TemplateStore
    environment: str
    at: datetime
    _revisions: dict[str, int] = field(default_factory=dict)
    _given: dict[tuple[str, Selector], Version | None] = field(default_factory=dict)

    def version(self, template_id: str, selector: Selector) -> Version | None:
        key = template_id, selector
        if key not in self._given:
            found = self.store.find(self.environment, template_id, selector)
            if found is not None:
                self._revisions.setdefault(template_id, found[0].revision)
            self._given[key] = found and found[1]
        return self._given[key]

    def relied_on(self, parts: Iterable[Part]) -> dict[str, int]:
        """The revision of each template of these parts when it was first given."""
        return {part.template_id: self._revisions[part.template_id] for part in parts}
