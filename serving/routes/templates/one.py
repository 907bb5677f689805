"""One template: read, saved, ended; and its audit log."""

from dataclasses import replace
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import SkipValidation

from serving.logic.templates import editing
from serving.logic.templates.acts import Act
from serving.logic.templates.changes import Change
from serving.logic.templates.desk import Desk
from serving.logic.templates.model import Template
from serving.logic.templates.moving import end_template
from serving.routes.templates.registering import (
    ONE,
    AfterRevision,
    EnvironmentQuery,
    IdempotencyKey,
    IfMatch,
    LimitQuery,
    Routes,
    TemplateIdPath,
    send,
    tell,
    tell_template,
)
from serving.template_schemas import AuditLog, SavedTemplate, TemplateView

_Saved = Annotated[SavedTemplate, SkipValidation, Body(description="What to change")]
_Why = Annotated[str, Query(min_length=1, max_length=2_000, description="For the audit log")]


def add_one(routes: Routes, desk: Desk) -> None:
    """Let the resolver read, save and end a template."""

    @routes.add("GET", ONE, "Read a template", TemplateView)
    def get_template(template_id: TemplateIdPath, environment: EnvironmentQuery = None) -> Response[Any]:
        """The template without the contents of its versions. The `ETag` is what `If-Match` wants."""
        return send(tell_template(desk.find(routes.reader(environment), template_id)))

    @routes.add("PUT", ONE, "Save a template", TemplateView)
    def save_template(
        template_id: TemplateIdPath,
        body: _Saved,  # noqa: ARG001 - told to OpenAPI, and read below
        if_match: IfMatch,
        environment: EnvironmentQuery = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """New content becomes a new version, a draft; earlier ones stay as they are. What is left out stays as it is,
        and the same content again makes no version. 412 where it was changed since you read it.
        """
        asking = routes.asking(environment, if_match, idempotency_key)
        saved = routes.body(SavedTemplate)

        def save(template: Template, act: Act) -> Change | None:
            latest = desk.version(asking.environment, template_id, template.latest)
            content = saved.content(latest)
            if content == latest.content:
                return editing.save(template, latest, saved.about(), content, latest.parts, saved.note, act)
            source = desk.source(asking.environment, act.at)
            parts = desk.checks.parts(template_id, content, source)
            change = editing.save(template, latest, saved.about(), content, parts, saved.note, act)
            return change and replace(change, relies_on=source.relied_on(parts))

        answer = desk.change(
            asking,
            template_id,
            save,
            lambda change: tell_template(change.after),
            saved.note,
            unchanged=tell_template,
        )
        return send(answer)

    @routes.add("DELETE", ONE, "End a template", TemplateView)
    def archive_template(
        template_id: TemplateIdPath,
        if_match: IfMatch,
        why: _Why,
        environment: EnvironmentQuery = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Any]:
        """All its versions are archived and its labels taken away. Nothing is destroyed, and the id is not free again.
        409 while a version is published, or another template is composed of it.
        """
        asking = routes.asking(environment, if_match, idempotency_key)
        answer = desk.change(
            asking,
            template_id,
            lambda template, act: end_template(desk, template, act),
            lambda change: tell_template(change.after),
            why,
            unchanged=tell_template,
        )
        return send(answer)

    @routes.add("GET", f"{ONE}/audit", "Read the audit log", AuditLog)
    def get_audit_log(
        template_id: TemplateIdPath,
        environment: EnvironmentQuery = None,
        after: AfterRevision = 0,
        limit: LimitQuery = 100,
    ) -> Response[Any]:
        """Who did what to the template, when and why, the oldest first."""
        template = desk.find(routes.reader(environment), template_id)
        entries = desk.store.audit(template, after, limit)
        more = entries[-1].revision if entries and entries[-1].revision < template.revision else None
        return send(tell(AuditLog(entries=entries, next=more)))
