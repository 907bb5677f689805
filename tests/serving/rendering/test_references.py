"""References are found where Jinja finds them, and nowhere else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serving.logic.rendering.facts import facts
from serving.logic.rendering.references import rewritten
from serving.logic.templates.model import Part

OLD, NEW = Part(template_id="old", selector=1), Part(template_id="new-one", selector=2)
PLAIN = (
    "old@1",
    " \r\n",
    "\n",
    "\r",
    "{{ 'old@1' }}",
    "{# {% include 'old@1' %} #}",
    "{% raw %}{% include 'old@1' %}{% endraw %}",
    " {%- raw -%} \n{% include 'old@1' %}{%- endraw -%}\n",
    "{%- if 'old@1' == x -%}  \n",
    "{% endif %}",
    "{% set y = 'include \"old@1\"' %}",
    '"',
    "ä😀",
    "{{- x -}} ",
    "{% include 'old@production' %}",
    "{% include (('old@12')) %}",
)
REFERENCES = {
    "{% include 'old@1' %}": "{% include 'new-one@2' %}",
    '{%-include"old@1"-%} ': '{%-include"new-one@2"-%} ',
    "{%+ include\r\n('ol' \r \"d@1\") with context %}": "{%+ include\r\n('new-one@2') with context %}",
    "{% include 'old\\x401' %}": "{% include 'new-one@2' %}",
}


@given(st.lists(st.sampled_from((*PLAIN, *REFERENCES)), max_size=12), st.booleans())
def test_what_jinja_takes_for_a_reference_is_rewritten_and_nothing_else(pieces: list[str], is_child: bool) -> None:
    def body(part: Part, written: list[str]) -> str:
        opened = sum(piece.startswith("{%- if") for piece in pieces)
        inner = "{% if x %}" * pieces.count("{% endif %}") + "".join(written) + "{% endif %}" * opened
        return f"{{% extends '{part}' %}}{{% block b %}}{inner}{{% endblock %}}" if is_child else inner

    old, new = body(OLD, pieces), body(NEW, [REFERENCES.get(piece, piece) for piece in pieces])
    assert rewritten(old, frozenset({OLD}), NEW) == new
    assert [use.part for use in facts(new, "t@2").uses] == [
        NEW if use.part == OLD else use.part for use in facts(old, "t@1").uses
    ]
