"""Where things are in the table. A template's own partition holds all of it; the index partitions hold only ids.

Neither an environment's name nor an id holds a ``#``, so no two things share a key.
"""

from typing import NamedTuple, Self

from serving.logic.templates.model import Comment, Part, Run, Selector, Template
from serving.stores.table import Key

VERSION, ENTRY, COMMENT, RUN = "version#", "audit#", "comment#", "run#"


def partition(environment: str, template_id: str) -> str:
    return f"template#{environment}#{template_id}"


def template(environment: str, template_id: str) -> Key:
    return Key(partition(environment, template_id), "about")


def version(environment: str, template_id: str, number: int) -> Key:
    return Key(partition(environment, template_id), f"{VERSION}{number:06d}")


def entry(environment: str, template_id: str, revision: int) -> Key:
    return Key(partition(environment, template_id), f"{ENTRY}{revision:012d}")


def comments(number: int) -> str:
    return f"{COMMENT}{number:06d}#"


def runs(number: int) -> str:
    return f"{RUN}{number:06d}#"


def comment(environment: str, template_id: str, said: Comment) -> Key:
    return Key(partition(environment, template_id), comment_at(said.number, said.revision))


def comment_at(number: int, revision: int) -> str:
    return f"{comments(number)}{revision:012d}"


def run(environment: str, template_id: str, done: Run) -> Key:
    return Key(partition(environment, template_id), f"{runs(done.number)}{done.revision:012d}")


def replay(who: str, key: str) -> Key:
    return Key(f"replay#{who}", key)


def index(environment: str, kind: str, value: str = "") -> str:
    """The partition that lists the templates with a tag, owner or state; or ``all`` of them."""
    return f"index#{environment}#{kind}#{value}"


def indexed(about: Template) -> set[Key]:
    """Every key under which a template is found."""
    where = about.environment
    listed = [
        index(where, "all"),
        index(where, "owner", about.owner),
        *(index(where, "tag", tag) for tag in about.tags),
        *(index(where, "state", state) for state in about.states.values()),
    ]
    return {Key(name, about.id) for name in listed}


class Use(NamedTuple):
    """A version that is composed of another template, which it names by ``selector``."""

    selector: Selector
    template_id: str
    number: int

    @classmethod
    def of(cls, sort: str) -> Self:
        """The use that is listed under a key of its part's index."""
        selector, template_id, number = sort.split("#")
        return cls(int(selector) if selector.isdecimal() else selector, template_id, int(number))


def use(environment: str, part: Part, template_id: str, number: int) -> Key:
    return Key(users(environment, part.template_id), f"{uses(part.selector)}{template_id}#{number:06d}")


def users(environment: str, template_id: str) -> str:
    """The partition that lists the versions which are composed of a template."""
    return index(environment, "users", template_id)


def uses(selector: Selector) -> str:
    return f"{selector}#"


def uses_after(selector: Selector, template_id: str) -> str:
    """Beyond all uses by one template, and before those by any later one."""
    return f"{uses(selector)}{template_id}#~"
