"""A version and all that it is made of, brought together before anything is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from serving.logic.rendering.facts import PART, Facts, Use, facts
from serving.logic.rendering.limits import MAX_MEMBERS, MAX_PART_DEPTH, MAX_USES
from serving.logic.rendering.meter import BOUND
from serving.logic.rendering.refusals import template_refused
from serving.logic.rendering.variables import VARIABLE
from serving.logic.templates.model import Content, Deprecation, Source, Variable, Version
from serving.logic.templates.sunset import described, gone, has_ended


@dataclass(frozen=True, slots=True)
class Member:
    """One template of a composition. ``number`` is None before the version is saved."""

    template_id: str
    number: int | None
    content: Content
    deprecation: Deprecation | None = None

    @property
    def name(self) -> str:
        """What origins and messages call it."""
        return f"{self.template_id}@{self.number or 'unsaved'}"

    @property
    def facts(self) -> Facts:
        """What its body says of itself."""
        return facts(self.content.body, self.name)


@dataclass(slots=True)
class Composition:
    """A version with its parts, resolved.

    ``members`` are by what refers to them (``base@production``), ``variables`` by name: what rendering needs of its
    caller, each as the outermost template declares it.
    """

    root: Member
    members: dict[str, Member] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)

    @property
    def bodies(self) -> dict[str, tuple[str, str]]:
        """Name and body of each member, by what refers to it; the root's by its name."""
        named: Mapping[str, Member] = {self.root.name: self.root, **self.members}
        return {reference: (member.name, member.content.body) for reference, member in named.items()}

    @property
    def deprecated(self) -> dict[str, Deprecation]:
        """What replaces the members that are deprecated, by their names."""
        return {one.name: one.deprecation for one in (self.root, *self.members.values()) if one.deprecation}


def compose(root: Member, source: Source) -> Composition:
    """Bring a version and its parts together.

    Args:
        root: what is to be rendered.
        source: where the parts are.

    Raises:
        RequestRefused: a body is not allowed, a part is missing, a template is part of itself, there are too many parts
            or too many above one another, or two of them disagree about a variable; with 410, where the version is
            saved already: a part is archived, or its sunset has come.
    """
    return _Composing(source, Composition(root)).done()


def member(version: Version) -> Member:
    """A saved version as the root of a composition."""
    return Member(version.template_id, version.number, version, version.deprecation)


class _Composing:
    def __init__(self, source: Source, composition: Composition) -> None:
        self.source, self.composition = source, composition
        self.uses = 0

    def done(self) -> Composition:
        root = self.composition.root
        self._add(root, (root.template_id,), frozenset())
        return self.composition

    def _add(self, one: Member, above: tuple[str, ...], bound: frozenset[str]) -> None:
        for variable in one.content.variables:
            if variable.name not in bound:
                self._declare(one, variable)
        below = {use.part: self._resolved(one, use, above) for use in one.facts.uses}
        for part in below.values():
            self._add(part, (*above, part.template_id), bound | one.facts.sets)

    def _declare(self, one: Member, variable: Variable) -> None:
        known = self.composition.variables.setdefault(variable.name, variable)
        if known.type != variable.type:
            message = (
                f"the variable {variable.name!r} is of type {variable.type} here, and {known.type} where this is used"
            )
            raise template_refused(VARIABLE, message, one.name)

    def _resolved(self, one: Member, use: Use, above: tuple[str, ...]) -> Member:
        template_id = use.part.template_id
        if template_id in above:
            circle = " → ".join((*above[above.index(template_id) :], template_id))
            raise template_refused(PART, f"a template can't be part of itself ({circle})", one.name, use.line)
        if len(above) == MAX_PART_DEPTH:
            message = f"more than {MAX_PART_DEPTH} templates are above one another ({' → '.join(above)})"
            raise template_refused(BOUND, message, one.name, use.line)
        self.uses += 1
        if self.uses > MAX_USES or len(self.composition.members) == MAX_MEMBERS:
            message = f"the template has more than {MAX_MEMBERS} parts, or uses them more than {MAX_USES} times"
            raise template_refused(BOUND, message, one.name, use.line)
        return self.composition.members.setdefault(str(use.part), self._fetched(one, use))

    def _fetched(self, one: Member, use: Use) -> Member:
        known = self.composition.members.get(str(use.part))
        if known is not None:
            return known
        template_id, selector = use.part.template_id, use.part.selector
        version = self.source.version(template_id, selector)
        if version is None:
            what = f"version {selector}" if isinstance(selector, int) else f"label {selector!r}"
            raise template_refused(PART, f"there is no template {template_id!r} with {what}", one.name, use.line)
        self._check_usable(version, one, use)
        return member(version)

    def _check_usable(self, version: Version, one: Member, use: Use) -> None:
        at = self.source.at
        if (ended := has_ended(version, at)) is None:
            return
        if self.composition.root.number is None:  # its author can name another
            message = described(f"the part {version.template_id}@{version.number}", ended, at)
            raise template_refused(PART, message, one.name, use.line)
        raise gone(version.template_id, version.number, ended, at, self.composition.root.name)
