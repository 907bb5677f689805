"""What ``promptlake prices`` prints, as text or JSON."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from rich.table import Table
from rich.text import Text

from infra.local.commands.tables import console
from infra.local.prices import Change, Costs, Unpriced
from sql.prices.book import Said
from sql.prices.compare import Comparison, Difference

_SHOWN_ROWS = 200
_MILLION = 1_000_000


def tell_unpriced(found: Sequence[Unpriced], *, as_json: bool) -> None:
    """What has no price, and what would give it one."""
    if as_json:
        _dump([_unpriced_document(one) for one in found])
        return
    if not found:
        console().print("✓ Every call has a price.")
        return
    table = _table("provider", "model and terms", "first day", "last day", "calls", "tokens")
    for one in found[:_SHOWN_ROWS]:
        counts = (f"{one.executions:,}", f"{one.tokens:,}")
        _add(table, one.said.provider, _named(one.said), str(one.first_day), str(one.last_day), *counts)
    _show(table, len(found))
    for one in found[:_SHOWN_ROWS]:
        console().print(Text(f"✗ {_named(one.said)}: {_reason(one)}."), soft_wrap=True)


def tell_comparison(compared: Comparison, *, as_json: bool) -> None:
    """Where two tables differ, dearest kind of mistake first: by the ratio of the prices."""
    if as_json:
        _dump(
            {
                "compared": compared.compared,
                "differences": [_difference_document(one) for one in compared.differences],
                "only_theirs": [said._asdict() for said in compared.unknown],
                "only_ours": [{"provider": provider, "model": model} for provider, model in compared.only_ours],
            }
        )
        return
    out = console()
    if compared.differences:
        table = _table("their name", "terms", "input above", "price of", "ours", "theirs", "theirs/ours")
        for one in compared.differences[:_SHOWN_ROWS]:
            terms = _terms(one.said)
            above = f"{one.input_tokens_above:,}" if one.input_tokens_above else ""
            usd = (_per_mtok(one.ours_usd), _per_mtok(one.theirs_usd))
            _add(table, one.name, terms, above, one.kind, *usd, _ratio(one))
        _show(table, len(compared.differences))
        out.print("Prices are US dollars per million tokens.")
    differing = len({(one.name, one.said) for one in compared.differences})
    mark = "✗" if differing else "✓"
    out.print(
        f"{mark} {compared.compared:,} offers compared, {differing:,} differ; {len(compared.unknown):,} of theirs have "
        f"no price of ours, {len(compared.only_ours):,} of our models are not in theirs."
    )


def tell_changes(changes: Sequence[Change], first: date, last: date, *, is_done: bool, as_json: bool) -> None:
    """Costs by model before and after, and their sum."""
    total = Change(None, "total", _sum(one.before for one in changes), _sum(one.after for one in changes))
    changed = [one for one in changes if one.before != one.after]
    if as_json:
        document = {"from": str(first), "to": str(last), "is_done": is_done}
        _dump({**document, "models": [_change_document(one) for one in changed], "total": _change_document(total)})
        return
    if changed:
        table = _table("provider", "model", "calls", "before", "after", "change", "unpriced before", "after")
        for one in (*changed[:_SHOWN_ROWS], total):
            difference = (one.after.usd or Decimal(0)) - (one.before.usd or Decimal(0))
            usd = (_usd(one.before.usd), _usd(one.after.usd), f"{difference:+,.6f}")
            tokens = (f"{one.before.unpriced_tokens:,}", f"{one.after.unpriced_tokens:,}")
            _add(table, one.provider or "", one.model, f"{one.after.executions:,}", *usd, *tokens)
        _show(table, len(changed) + 1)
    what = "Priced anew" if is_done else "Nothing is changed yet; priced anew"
    number = f"{len(changed):,} of {len(changes):,} models change" if changed else "no cost changes"
    console().print(f"{what}, {first} to {last}: {number}.")


def tell_profiles(models: Mapping[str, str | None], failed: Mapping[str, str], *, as_json: bool) -> None:
    """Each profile and the model behind it."""
    if as_json:
        _dump([{"arn": arn, "model": models[arn], "problem": failed.get(arn)} for arn in sorted(models)])
        return
    if not models:
        console().print("No call names an application inference profile.")
        return
    for arn in sorted(models):
        line = f"✓ {arn} is {models[arn]}" if models[arn] else f"✗ {arn}: {failed.get(arn, 'its model is not known')}"
        console().print(Text(line), soft_wrap=True)


def _reason(one: Unpriced) -> str:
    command = f"promptlake prices reprice --from {one.first_day} --to {one.last_day}"
    return one.reason or f"the price files have a price by now; run `{command}`"


def _named(said: Said) -> str:
    return f"{said.model} ({terms})" if (terms := _terms(said)) else said.model


def _terms(said: Said) -> str:
    return ", ".join(filter(None, (said.region, said.service_tier, "batch" if said.is_batch else "")))


def _per_mtok(usd: Decimal) -> str:
    return f"{(usd * _MILLION).normalize():f}"


def _ratio(one: Difference) -> str:
    return f"{one.theirs_usd / one.ours_usd:.2f}" if one.ours_usd else ""


def _usd(usd: Decimal | None) -> str:
    return "unpriced" if usd is None else f"{usd:,.6f}"


def _sum(costs: Any) -> Costs:
    every = list(costs)
    usd = [one.usd for one in every if one.usd is not None]
    executions, tokens = (sum(getattr(one, name) for one in every) for name in ("executions", "unpriced_tokens"))
    return Costs(executions, sum(usd, Decimal(0)) if usd else None, tokens)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        is_text = name in ("provider", "model", "model and terms", "their name", "terms", "price of")
        table.add_column(name, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))  # as they are: names may have brackets, which rich would read


def _show(table: Table, rows: int) -> None:
    out = console()
    out.print(table)
    if rows > _SHOWN_ROWS:
        out.print(f"… and {rows - _SHOWN_ROWS:,} more rows; --json gives all.")


def _unpriced_document(one: Unpriced) -> dict[str, Any]:
    days = {"first_day": str(one.first_day), "last_day": str(one.last_day)}
    return {**one.said._asdict(), **days, "executions": one.executions, "tokens": one.tokens, "reason": _reason(one)}


def _difference_document(one: Difference) -> dict[str, Any]:
    said = one.said._asdict()
    usd = {"ours_usd_per_mtok": _per_mtok(one.ours_usd), "theirs_usd_per_mtok": _per_mtok(one.theirs_usd)}
    return {"name": one.name, **said, "input_tokens_above": one.input_tokens_above, "kind": one.kind, **usd}


def _change_document(one: Change) -> dict[str, Any]:
    return {
        "provider": one.provider,
        "model": one.model,
        "before": _document(one.before),
        "after": _document(one.after),
    }


def _document(costs: Costs) -> dict[str, Any]:
    usd = None if costs.usd is None else str(costs.usd)
    return {"executions": costs.executions, "cost_usd": usd, "unpriced_tokens": costs.unpriced_tokens}


def _dump(document: Any) -> None:
    print(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
