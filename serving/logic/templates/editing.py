"""Templates are made, and get new versions. What was written once is never changed."""

from serving.logic.templates.acts import Act, conflict
from serving.logic.templates.changes import Change
from serving.logic.templates.lifecycle import APPROVED_STATES
from serving.logic.templates.model import MAX_VERSIONS, Comment, Content, Part, State, Template, Version


def create(
    template_id: str,
    environment: str,
    about: dict[str, object],
    content: Content,
    parts: tuple[Part, ...],
    note: str,
    act: Act,
) -> Change:
    """A new template with its first version, a draft.

    Args:
        template_id: its id.
        environment: where it belongs.
        about: description, owner and tags, as far as they are given.
        content: of the first version.
        parts: what the content is composed of.
        note: what its author says of it.
        act: who makes it.
    """
    version = _version(template_id, 1, content, parts, note, act)
    after = Template.model_validate(
        {"owner": act.who.name}
        | about
        | {
            "id": template_id,
            "environment": environment,
            "states": {1: State.DRAFT},
            "uses": _uses(parts),
            "revision": 1,
            "created_at": act.at,
            "changed_at": act.at,
        }
    )
    return Change(None, after, act.entry(after, "create", 1), version)


def save(
    template: Template,
    latest: Version,
    about: dict[str, object],
    content: Content,
    parts: tuple[Part, ...],
    note: str,
    act: Act,
    *,
    is_rewritten: bool = False,
) -> Change | None:
    """A new version where the content is new, and what else is said of the template; None where nothing is.

    Args:
        template: as it is.
        latest: its newest version.
        about: description, owner and tags, as far as they are given.
        content: of the new version.
        parts: what the content is composed of.
        note: what its author says of it.
        act: who saves it.
        is_rewritten: whether it says what the newest version said, with other parts.

    Raises:
        RequestRefused: there are too many versions, or the template has ended.
    """
    if set(template.states.values()) == {State.ARCHIVED}:
        raise conflict("archived", f"{template.id} is archived; make a new template under another id.")
    values = {name: value for name, value in about.items() if getattr(template, name) != value}
    if content == latest.content:
        return act.change(template, "describe", values, details={"changed": sorted(values)}) if values else None
    if template.latest >= MAX_VERSIONS:
        raise conflict("too_many_versions", f"{template.id} has {MAX_VERSIONS} versions, the most there may be.")
    number = template.latest + 1
    also_by = _unapproved(latest, act) if is_rewritten or content.body == latest.body else ()
    version = _version(template.id, number, content, parts, note, act, also_by)
    return act.change(
        template,
        "save",
        {**values, "states": {**template.states, number: State.DRAFT}, "uses": _uses(parts)},
        number=number,
        details={"changed": sorted(values)} if values else None,
        version=version,
    )


def comment(template: Template, version: Version, line: int | None, text: str, act: Act) -> Change:
    """Say something of a version, or of one line of its body.

    Raises:
        RequestRefused: there is no such line.
    """
    lines = version.body.count("\n") + 1
    if line is not None and line > lines:
        raise conflict("no_such_line", f"Version {version.number} ends with line {lines}; it has no line {line}.")
    said = Comment(
        revision=template.revision + 1, number=version.number, line=line, text=text, who=act.who.name, at=act.at
    )
    details = {} if line is None else {"line": line}
    return act.change(template, "comment", number=version.number, details=details, comment=said)


def _version(
    template_id: str,
    number: int,
    content: Content,
    parts: tuple[Part, ...],
    note: str,
    act: Act,
    also_by: tuple[str, ...] = (),
) -> Version:
    return Version(
        **{name: getattr(content, name) for name in Content.model_fields},
        template_id=template_id,
        number=number,
        parts=parts,
        note=note,
        created_by=act.who.name,
        also_by=also_by,
        created_at=act.at,
    )


def _unapproved(version: Version, act: Act) -> tuple[str, ...]:
    """Who else wrote what nobody has approved yet: it does not become another's by being taken over."""
    if version.state in APPROVED_STATES:
        return ()
    return tuple(dict.fromkeys(name for name in (version.created_by, *version.also_by) if name != act.who.name))


def _uses(parts: tuple[Part, ...]) -> tuple[str, ...]:
    return tuple(sorted({part.template_id for part in parts}))
