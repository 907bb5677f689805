"""Great Expectations, asked about values."""

import os
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from threading import Thread
from typing import Any

from sql.checks import Check
from transforms.quality.expectations import demanded


class Judge:
    """What it costs to ask hardly depends on how many values there are, but on how many expectations are asked and how
    often; so those that demand the same are asked as one.
    """

    def __init__(self) -> None:
        # Analytics would call out of the owner's account; progress bars would write into the user's terminal.
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        self._importing = Thread(target=import_module, args=("great_expectations",), daemon=True)
        self._frames: Any = None

    def warm_up(self) -> None:
        """Import the library, which takes seconds, beside whatever else is going on."""
        self._importing.start()

    def unmet(self, asked: Sequence[tuple[Check, Sequence[Any]]]) -> set[int]:
        """The places of those checks that one of the values given with them does not meet."""
        alike: dict[str, list[int]] = {}
        for place, (check, _) in enumerate(asked):
            alike.setdefault(repr(demanded(check)), []).append(place)
        together = {
            str(number): (asked[places[0]][0], [value for place in places for value in asked[place][1]])
            for number, places in enumerate(alike.values())
        }
        doubted = [list(alike.values())[int(number)] for number in self._unmet(together)]
        found = {places[0] for places in doubted if len(places) == 1}
        alone = {str(place): asked[place] for places in doubted if len(places) > 1 for place in places}
        return found | set(map(int, self._unmet(alone)))

    def _unmet(self, asked: Mapping[str, tuple[Check, Sequence[Any]]]) -> list[str]:
        if not asked:
            return []
        batch = self._batch({name: values for name, (_, values) in asked.items()})
        import great_expectations as gx

        expected = [_expectation(check, name) for name, (check, _) in asked.items()]
        results = batch.validate(gx.ExpectationSuite("rules", expectations=expected), result_format="BOOLEAN_ONLY")
        return [r.expectation_config.meta["column"] for r in results.results if not r.success]

    def unexpected(self, check: Check, values: Sequence[Any]) -> list[Any]:
        """Those values that don't meet a check."""
        result = self._batch({"value": values}).validate(_expectation(check, "value"), result_format="COMPLETE")
        found: Iterable[Any] = result.result.get("unexpected_list") or ()
        return [value.item() if hasattr(value, "item") else value for value in found]

    def _batch(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        if self._importing.ident:
            self._importing.join()
        import pandas as pd

        # Columns of one frame are of one length: the shorter ones are filled up by their first value.
        length = max(1, *map(len, columns.values()))
        filled = {
            name: [*values, *([*values[:1], None][:1] * (length - len(values)))] for name, values in columns.items()
        }
        return self._definition().get_batch(batch_parameters={"dataframe": pd.DataFrame(filled)})

    def _definition(self) -> Any:
        """What takes frames: made once, for the library writes all that it knows out at each that is made."""
        if self._frames is None:
            import great_expectations as gx

            context: Any = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            asset = context.data_sources.add_pandas("values").add_dataframe_asset("values")
            self._frames = asset.add_batch_definition_whole_dataframe("all")
        return self._frames


def _expectation(check: Check, column: str) -> Any:
    gxe: Any = import_module("great_expectations.expectations")
    name, arguments = demanded(check)
    return getattr(gxe, name)(column=column, meta={"column": column}, **arguments)
