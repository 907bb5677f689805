"""Where things are in the table. A template's own partition holds all of it; the index partitions hold only ids.

Neither an environment's name nor an id holds a ``#``, so no two things share a key.
"""

from serving.logic.templates.model import Comment, Run, Template
from serving.stores.templates.table import Key

VERSION, ENTRY, COMMENT, RUN = "version#", "audit#", "comment#", "run#"
ENVIRONMENTS = "environments"


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
    return Key(partition(environment, template_id), f"{comments(said.number)}{said.revision:012d}")


def run(environment: str, template_id: str, done: Run) -> Key:
    return Key(partition(environment, template_id), f"{runs(done.number)}{done.revision:012d}")


def replay(who: str, key: str) -> Key:
    return Key(f"replay#{who}", key)


def index(environment: str, kind: str, value: str = "") -> str:
    """The partition that lists the templates with a tag, owner, state or part; ``all`` lists every one."""
    return f"index#{environment}#{kind}#{value}"


def indexed(about: Template) -> set[Key]:
    """Every key under which a template is listed."""
    where = about.environment
    listed = [
        index(where, "all"),
        index(where, "owner", about.owner),
        *(index(where, "tag", tag) for tag in about.tags),
        *(index(where, "state", state) for state in about.states.values()),
        *(index(where, "uses", used) for used in about.uses),
    ]
    return {Key(name, about.id) for name in listed}
