"""A person's variant is told, and that they were exposed to it, once."""

import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from serving.logic.experiments.chance import choose
from serving.logic.experiments.model import Assigned, Experiment, State, Variant
from serving.logic.refused import RequestRefused
from serving.logic.templates.acts import conflict, not_found
from serving.stores.records import RecordStore
from serving.stores.table import Delete, Key, Lost, Put

REMEMBERED_FOR = timedelta(days=400)


@dataclass(frozen=True)
class Assigning:
    """Assigns persons to the variants of experiments.

    Args:
        store: keeps the experiments, and whose exposure was told.
        record: takes an event; raises ``RequestRefused`` where it can't be kept.
        clock: tells the time.
    """

    store: RecordStore[Experiment]
    record: Callable[[dict[str, Any]], None]
    clock: Callable[[], datetime]

    def assign(self, environment: str, experiment_id: str, user_id: str) -> Assigned:
        """The variant of a person. Once the experiment has ended everybody gets the winner, or the control.

        Raises:
            RequestRefused: 404; 409 before it has started.
        """
        experiment = self.store.find(environment, experiment_id)
        if experiment is None:
            raise not_found("no_such_experiment", f"There is no experiment {experiment_id} in {environment}.")
        if experiment.state == State.DRAFT:
            raise conflict("not_started", f"The experiment {experiment_id} has not started; start it first.")
        if experiment.state != State.RUNNING:
            ended = experiment.variant(experiment.winner or "") or experiment.variants[0]
            return Assigned(experiment, ended)
        return Assigned(experiment, choose(experiment.variants, experiment.salt, user_id))

    def expose(self, assigned: Assigned, user_id: str) -> None:
        """Tell, as an event, that a person gets to see their variant: the first time, and while the experiment runs.

        Raises:
            RequestRefused: 503, it can be kept nowhere.
        """
        experiment, variant = assigned
        if not assigned.is_running:
            return
        # The id is kept as a digest only: the store is asked whether it is there, never who is.
        person = hmac.digest(experiment.salt.encode(), user_id.encode("utf-8", "surrogatepass"), sha256).hex()
        key = Key(f"exposed#{experiment.environment}#{experiment.id}", f"{person}#{variant.name}")
        if key in self.store.table.get([key]):
            return
        now = self.clock()
        until_s = int((now + REMEMBERED_FOR).timestamp())
        try:
            self.store.table.write([Put(key, "{}", replaces=0, expires_at_s=until_s)])
        except Lost:
            return  # somebody else tells it
        try:
            self.record(_exposure(experiment, variant, user_id, now))
        except RequestRefused:
            self.store.table.write([Delete(key)])  # the next one tells it
            raise


def _exposure(experiment: Experiment, variant: Variant, user_id: str, at: datetime) -> dict[str, Any]:
    event = {
        "event_type": "behavior",
        "event_id": uuid.uuid4().hex,
        "occurred_at": at.isoformat(),
        "environment": experiment.environment,
        "action": "experiment_exposure",
        "user_id": user_id,
        "experiment": experiment.id,
        "variant": variant.name,
        "template_id": experiment.template_id,
        "template_version": None if variant.version is None else str(variant.version),
    }
    return {name: value for name, value in event.items() if value is not None}
