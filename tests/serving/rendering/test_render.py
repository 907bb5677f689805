"""A version and values become text, and every character says where it comes from."""

from __future__ import annotations

import pytest

from serving.logic.refused import RequestRefused
from serving.logic.rendering.limits import MAX_CHARS, MAX_MEMBERS, MAX_PART_DEPTH
from serving.logic.templates.model import Variable
from tests.serving.rendering.sources import Shelf, strings


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_plain_text_renders_as_itself(shelf: Shelf) -> None:
    body = "  You are a pirate.\n\n\tSay „Arr“ { twice }, 100 %.\n"
    shelf.put("pirate@1", body)
    assert shelf.render("pirate@1").text == body


def test_a_value_is_never_read_as_a_template(shelf: Shelf) -> None:
    shelf.put("echo@1", "{{ said }}", variables=strings("said"))
    assert shelf.render("echo@1", said="{{ 7 * 7 }}{% include 'x@1' %}").text == "{{ 7 * 7 }}{% include 'x@1' %}"


def test_a_child_takes_the_place_of_blocks_and_can_call_what_was_there(shelf: Shelf) -> None:
    shelf.put("base@1", "A {% block b %}base{% endblock %} {% block c %}kept{% endblock %}")
    shelf.put("mid@1", "{% extends 'base@1' %}{% block b %}mid<{{ super() }}>{% endblock %}")
    shelf.put("top@1", "{% extends 'mid@1' %}\n{% block b %}top<{{ super() }}>{% endblock %}\n")
    assert shelf.render("top@1").text == "A top<mid<base>> kept"


def test_every_character_says_its_version_block_and_line(shelf: Shelf) -> None:
    shelf.put(
        "base@3", "Hello {{ who }}.\n{% block task %}base {{ who }}{% endblock %}", "stable", variables=strings("who")
    )
    shelf.put("tone@2", "Be kind.", "production")
    shelf.put(
        "top@1",
        "{% extends 'base@stable' %}{% block task %}Now:\n{{ super() }} {% include 'tone@production' %}{% endblock %}",
    )
    rendering = shelf.render("top@1", who="Ann")

    assert rendering.text == "Hello Ann.\nNow:\nbase Ann Be kind."
    assert [
        (rendering.text[span.start : span.end], o.template, o.block, o.line, o.is_value)
        for span in rendering.spans
        for o in [span.origin]
    ] == [
        ("Hello ", "base@3", None, 1, False),
        ("Ann", "base@3", None, 1, True),
        (".\n", "base@3", None, 1, False),
        ("Now:\n", "top@1", "task", 1, False),
        ("base ", "base@3", "task", 2, False),
        ("Ann", "base@3", "task", 2, True),
        (" ", "top@1", "task", 2, False),
        ("Be kind.", "tone@2", None, 1, False),
    ]
    assert rendering.members == {"base@stable": "base@3", "tone@production": "tone@2"}


def test_origins_survive_a_set_block_and_end_where_a_filter_changes_the_text(shelf: Shelf) -> None:
    shelf.put("part@1", "part")
    shelf.put("top@1", "{% set t %}a {% include 'part@1' %}{% endset %}\n{{ t }}{{ t|upper }}")
    rendering = shelf.render("top@1")
    assert rendering.text == "\na partA PART"
    assert [(span.origin.template, span.end - span.start) for span in rendering.spans] == [
        ("top@1", 3),
        ("part@1", 4),
        ("top@1", 6),
    ]


def test_a_label_is_followed_and_a_number_is_not(shelf: Shelf) -> None:
    shelf.put("tone@1", "old", "production")
    shelf.put("pins@1", "{% include 'tone@1' %}")
    shelf.put("follows@1", "{% include 'tone@production' %}")
    shelf.put("tone@2", "new", "production")
    assert shelf.render("pins@1").text == "old"
    assert shelf.render("follows@1").text == "new"


def test_a_fragment_reads_the_loop_around_it(shelf: Shelf) -> None:
    shelf.put("shot@1", "Q: {{ shot.q }}\n", variables=[Variable(name="shot", type="object")])
    shelf.put(
        "top@1",
        "{% for shot in shots %}{{ loop.index }} {% include 'shot@1' %}{% endfor %}",
        variables=[Variable(name="shots", type="list")],
    )
    assert shelf.render("top@1", shots=[{"q": "a"}, {"q": "b"}]).text == "1 Q: a\n2 Q: b\n"


def test_a_part_is_fetched_once_however_often_it_is_used(shelf: Shelf) -> None:
    shelf.put("tone@1", "x", "production")
    shelf.put("top@1", "{% include 'tone@production' %}" * 20)
    assert shelf.render("top@1").text == "x" * 20
    assert shelf.asked == ["tone@production"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ items|join(', ') }}", "1, 2, 3"),
        ("{{ items|map('string')|map('upper')|join }}", "123"),
        ("{{ data|tojson }}", '{"a": {"b": "ü<"}}'),
        ("{{ data['a'].b }}{{ data.a['b'] }}", "ü<ü<"),
        ("{{ '<b>'|e }}", "&lt;b&gt;"),
        ("{{ items|sum }} {{ 7 // 2 }} {{ -1.5|abs }} {{ 2.345|round(1) }}", "6 3 1.5 2.3"),
        ("{{ 'a-b'|split('-')|last }}{{ ' x '|trim }}", "bx"),
        ("{% for k, v in data.a|dictsort %}{{ k }}={{ v }}{% else %}none{% endfor %}", "b=ü<"),
        ("{% for i in range(3) if i != 1 %}{{ i }}{{ ',' if not loop.last }}{% endfor %}", "0,2"),
        ("{{ 'yes' if 2 in items and data is mapping else 'no' }}", "yes"),
        ("{{ items[1:]|tojson }}{{ 'abc'[::-1] }}", "[2, 3]cba"),
        ("{% set a, b = 1, 2 %}{{ a ~ b ~ 'c' }}{% with x = 3 %}{{ x }}{% endwith %}", "12c3"),
        ("{% raw %}{{ kept }}{% endraw %}{# gone #}", "{{ kept }}"),
        ("{{ missing|default('d') }}{{ missing is defined }}", "dFalse"),
        ("{{ data|length }}{{ [3, 1]|sort|first }}{{ 'a\nb'|indent(2) }}", "11a\n  b"),
        ("{{ [{'x': 2}, {'x': 5}]|selectattr('x', 'gt', 3)|map(attribute='x')|join }}", "5"),
    ],
)
def test_the_language_does_what_jinja_does(shelf: Shelf, body: str, text: str) -> None:
    variables = [Variable(name="items", type="list"), Variable(name="data", type="object")]
    missing = Variable(name="missing", required=False)
    shelf.put("t@1", body, variables=variables)
    shelf.check(body, [*variables, missing])
    assert shelf.render("t@1", items=[1, 2, 3], data={"a": {"b": "ü<"}}).text == text


def test_an_error_names_the_template_and_the_line_within_a_part(shelf: Shelf) -> None:
    shelf.put("part@4", "one\ntwo {{ data.nothing }}", "live", variables=[Variable(name="data", type="object")])
    shelf.put("top@1", "{% include 'part@live' %}")
    with pytest.raises(RequestRefused) as refused:
        shelf.render("top@1", data={})
    assert str(refused.value) == "part@4, line 2: 'dict object' has no attribute 'nothing'."


def test_a_large_document_is_no_attack(shelf: Shelf) -> None:
    shelf.put(
        "t@1",
        "{% for d in docs %}<doc>{{ d.text|trim }}</doc>\n{% endfor %}",
        variables=[Variable(name="docs", type="list")],
    )
    docs = [{"text": "word " * 3_000}] * 60
    assert len(shelf.render("t@1", docs=docs).text) > MAX_CHARS * 0.8


def test_a_template_that_is_part_of_itself_is_refused(shelf: Shelf) -> None:
    shelf.put("b@1", "{% include 'a@1' %}")
    shelf.put("a@1", "{% include 'b@1' %}")
    with pytest.raises(RequestRefused, match=r"can't be part of itself \(a → b → a\)"):
        shelf.render("a@1")
    with pytest.raises(RequestRefused, match=r"can't be part of itself \(a → b → a\)"):
        shelf.check("{% include 'b@1' %}", template_id="a")


def test_too_many_templates_above_one_another_are_refused(shelf: Shelf) -> None:
    shelf.put("t1@1", "end")
    for level in range(2, MAX_PART_DEPTH + 2):
        shelf.put(f"t{level}@1", f"{{% include 't{level - 1}@1' %}}")
    assert shelf.render(f"t{MAX_PART_DEPTH}@1").text == "end"
    with pytest.raises(RequestRefused, match="more than 8 templates are above one another"):
        shelf.render(f"t{MAX_PART_DEPTH + 1}@1")


def test_parts_that_use_one_another_again_and_again_are_refused(shelf: Shelf) -> None:
    shelf.put("t1@1", "ha")
    for level in range(2, MAX_PART_DEPTH + 1):
        names = [f"t{level}x{copy}@1" for copy in range(8)] if level < MAX_PART_DEPTH else ["top@1"]
        below = ["t1@1"] if level == 2 else [f"t{level - 1}x{copy}@1" for copy in range(8)]
        for name in names:
            shelf.put(name, "".join(f"{{% include '{part}' %}}" for part in below))
    with pytest.raises(RequestRefused, match=f"more than {MAX_MEMBERS} parts"):
        shelf.render("top@1")
