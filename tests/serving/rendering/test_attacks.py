"""Templates that try to get out, to go on for ever, or to fill the memory. Each is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from serving.logic.refused import RequestRefused
from tests.serving.rendering.sources import Shelf, typed

FOLDER = Path(__file__).parent / "attacks"
EXPECTED = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))
VALUES = {"text": "a text", "items": [1, 2, 3], "data": {"a": 1, "part": "a@1"}}
VARIABLES = typed({"text": "string", "items": "list", "data": "object"})


def test_every_attack_says_what_it_expects() -> None:
    assert {path.stem for path in FOLDER.glob("*.jinja")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_attack_is_refused_with_a_sentence(name: str) -> None:
    body = (FOLDER / f"{name}.jinja").read_text(encoding="utf-8")
    shelf = Shelf()
    for part in ("a@1", "b@1"):
        shelf.put(part, "a part")
    shelf.put("attack@1", body, variables=VARIABLES)

    with pytest.raises(RequestRefused) as refused:
        save_and_render(shelf, body)

    assert refused.value.code == EXPECTED[name]["code"], str(refused.value)
    assert EXPECTED[name]["says"] in str(refused.value)
    assert len(str(refused.value)) < 600
    assert "\n" not in str(refused.value)


def save_and_render(shelf: Shelf, body: str) -> None:
    shelf.check(body, VARIABLES, "attack")
    shelf.render("attack@1", **VALUES)
