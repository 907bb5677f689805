"""A rollup is a gold table summed over fewer dimensions: what asks for no more is answered from few rows."""

from collections.abc import Mapping
from typing import Any


def rollup_document(document: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A model's fields, made of what its ``model.yaml`` says (the dimensions it keeps) and the table it sums up."""
    kept = list(document.get("grain") or ())
    summed = [column for column in base["columns"] if column not in base["grain"]]
    picked = ",\n    ".join([*kept, *(f"SUM({column}) AS {column}" for column in summed)])
    groups = ", ".join(str(number + 1) for number in range(len(kept)))
    return {
        **document,
        "query": f"SELECT\n    {picked}\nFROM gold.{base['name']}\nGROUP BY {groups}\n",
        "columns": {column: base["columns"][column] for column in (*kept, *summed) if column in base["columns"]},
        "partition": base["partition"],
    }
