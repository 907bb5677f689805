"""docs/template-language.md says what the language is: its example renders, its lists and bounds are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from serving.logic.rendering import limits
from serving.logic.rendering.filters import FILTERS, TESTS
from serving.logic.templates.model import Case, Content, Variable
from serving.logic.testing.assertions import Assertion
from serving.logic.testing.checks import RenderedAndTested
from serving.logic.testing.running import RUN_SECONDS
from tests.serving.rendering.sources import Shelf

PAGE = (Path(__file__).parents[2] / "docs" / "template-language.md").read_text(encoding="utf-8")
VARIABLES = {
    "base@3": [Variable(name="who")],
    "shot@1": [Variable(name="shot", type="object")],
    "support@7": [Variable(name="shots", type="list", default=[])],
}


def listed(name: str) -> set[str]:
    (found,) = re.findall(rf"^- {name}: (.*?)\.$", PAGE, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`(\w+)`", found))


def test_the_example_renders_as_the_page_says() -> None:
    shelf = Shelf()
    bodies = re.findall(r"^```jinja (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in bodies] == list(VARIABLES)
    for name, body in bodies:
        shelf.put(name, body, *(["production"] if name == "shot@1" else []), variables=VARIABLES[name])
    shelf.check(shelf.versions["support@7"].body, VARIABLES["support@7"], "support")
    (text,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    shots: Any = [{"question": "Is it open?", "answer": "Until six."}]

    rendering = shelf.render("support@7", who="a bank's customers", shots=shots)

    assert rendering.text.strip() == text.strip()
    origins = {rendering.text[span.start : span.end].strip(): span.origin for span in rendering.spans}
    assert (origins["Answer briefly."].template, origins["Answer briefly."].block) == ("base@3", "task")
    assert origins["Answer briefly."].line == 2
    assert (origins["Until six."].template, origins["Until six."].is_value) == ("shot@1", True)


def test_the_page_lists_every_filter_and_test() -> None:
    assert listed("Filters") == set(FILTERS)
    assert listed("Tests") == {name for name in TESTS if name[0].isalpha()}


def test_the_page_tells_the_bounds() -> None:
    rows = dict(re.findall(r"^\| (.*?) \| ([\d, ]+) \|$", PAGE, re.MULTILINE))
    nesting = (limits.MAX_EXPRESSION_DEPTH, limits.MAX_STATEMENT_DEPTH, limits.MAX_LOOP_DEPTH, limits.MAX_DATA_DEPTH)
    assert list(rows.values()) == [
        f"{limits.MAX_NODES:,}",
        ", ".join(map(str, nesting)),
        f"{limits.MAX_STEPS:,}",
        f"{limits.MAX_CHARS:,}",
        f"{limits.MAX_RANGE:,}",
    ]
    assert f"more than {limits.MAX_PART_DEPTH} templates above" in PAGE
    assert f"more than {limits.MAX_MEMBERS} parts" in PAGE
    assert f"{limits.CHARS_PER_STEP} characters of it" in PAGE
    assert f"a run takes {RUN_SECONDS:g} seconds at most" in PAGE


def test_the_page_tells_every_kind_of_assertion_and_its_example_is_sound() -> None:
    kinds = {kind.model_fields["kind"].annotation.__args__[0] for kind in Assertion.__args__}  # type: ignore[union-attr]
    told = {
        name for row in re.findall(r"^\| (`.*?) \| .* \|$", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert kinds <= told
    (example,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    case = Case.model_validate_json(example)
    RenderedAndTested().parts("t", Content(body="x", tests=(case,)), Shelf())
