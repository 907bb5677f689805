"""Why a template can't be rendered."""

from http import HTTPStatus

from serving.logic.refused import RequestRefused

VALUES = "template_values"
"""The code of what does not fit the values at hand, though it may fit others."""

_SHOWN_CHARS = 400


class Unrenderable(Exception):
    """What is asked for isn't done. The message is a clause; who catches it says where in the template that was."""

    def __init__(self, message: str, code: str = "template_refused") -> None:
        super().__init__(message)
        self.code = code


def template_refused(code: str, message: str, where: str = "", line: int | None = None) -> RequestRefused:
    """The refusal of a template, or of what is to be put into it.

    Args:
        code: the kind of reason, for programs.
        message: the reason, one sentence; with or without its full stop.
        where: the template, such as ``greeting@3``.
        line: in its body, from 1.
    """
    place = ", ".join(filter(None, (where, f"line {line}" if line else "")))
    said = message.removesuffix(".") + "." if len(message) <= _SHOWN_CHARS else message[:_SHOWN_CHARS] + "…"
    return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, code, f"{place}: {said}" if place else said)
