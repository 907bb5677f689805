"""What is refused when a version is saved, and what it is made of."""

from __future__ import annotations

import pytest

from serving.logic.refused import RequestRefused
from serving.logic.templates.model import Variable
from tests.serving.rendering.sources import Shelf, strings


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.put("base@3", "{{ who }}{% block task %}{% endblock %}", "stable", variables=strings("who"))
    shelf.put("tone@1", "kind", "production")
    return shelf


def test_parts_are_told_once_each_in_order(shelf: Shelf) -> None:
    body = (
        "{% extends 'base@stable' %}{% block task %}"
        "{% include 'tone@1' %}{% include 'tone@production' %}{% include 'tone@1' %}{% endblock %}"
    )
    assert shelf.check(body) == ["base@stable", "tone@1", "tone@production"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{{ nobody }}", "new@unsaved: the variable 'nobody' is not declared; there are none"),
        ("{% include 'tone@9' %}", "new@unsaved, line 1: there is no template 'tone' with version 9"),
        ("a\n{% include 'tone@beta' %}", "new@unsaved, line 2: there is no template 'tone' with label 'beta'"),
        ("{% extends 'base@3' %}{% block tsk %}{% endblock %}", "no block 'tsk' above .* there are task"),
        ("{% extends 'tone@1' %}{% block a %}{% endblock %}", "no block 'a' above .* there are none"),
        ("{% if true %}{% extends 'base@3' %}{% endif %}", "extends stands once, outside of all else"),
    ],
)
def test_a_version_that_could_not_be_rendered_is_refused(shelf: Shelf, body: str, says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        shelf.check(body)


def test_a_name_that_a_part_declares_need_not_be_declared_again(shelf: Shelf) -> None:
    assert shelf.check("{% extends 'base@3' %}{% block task %}Dear {{ who }}{% endblock %}") == ["base@3"]


def test_parts_that_disagree_about_a_variable_are_refused(shelf: Shelf) -> None:
    variables = [Variable(name="who", type="list")]
    with pytest.raises(RequestRefused, match="'who' is of type string here, and list where this is used"):
        shelf.check("{% extends 'base@3' %}{% block task %}{{ who|join }}{% endblock %}", variables)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ([Variable(name="a"), Variable(name="a")], "'a' is declared twice"),
        ([Variable(name="loop")], "'loop' can't be named so"),
        ([Variable(name="true")], "'true' can't be named so"),
        ([Variable(name="n", type="integer", default="1")], "'n' must be of type integer; this is string"),
        ([Variable(name="e", type="enum")], "'e': an enum has choices"),
        ([Variable(name="s", choices=("a",))], "'s': an enum has choices, and nothing else has"),
        ([Variable(name="e", type="enum", choices=("a", "b"), default="c")], "'e' must be one of a, b"),
    ],
)
def test_declarations_that_make_no_sense_are_refused(shelf: Shelf, variables: list[Variable], says: str) -> None:
    with pytest.raises(RequestRefused, match=says):
        shelf.check("plain", variables)
