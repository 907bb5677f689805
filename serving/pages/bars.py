"""Bars as inline SVG: one a period, with its number for who points at it or has it read out."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, BELOW = 720, 120, 18
_GAP, _WIDEST = 2, 24


def bars(label: str, rows: Sequence[tuple[str, int, int]]) -> Markup:
    """A chart of (period, all, of these marked).

    Args:
        label: what is shown, for who can't see it.
        rows: oldest first; none give an empty text.
    """
    if not rows:
        return Markup("")
    top = max(1, *(value for _, value, _ in rows))
    step = min(WIDTH / len(rows), _WIDEST + _GAP)
    drawn = Markup("").join(_bar(number, step, top, row) for number, row in enumerate(rows))
    named = Markup('<text x="{x:.0f}" y="{y}" text-anchor="{anchor}">{period}</text>')
    ends = named.format(x=0, y=HEIGHT + BELOW - 4, anchor="start", period=rows[0][0])
    if step * len(rows) > WIDTH / 2:  # else there is no room for both
        ends += named.format(x=step * len(rows), y=HEIGHT + BELOW - 4, anchor="end", period=rows[-1][0])
    return Markup(
        '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}"><title>{label}</title>{drawn}{ends}</svg>'
    ).format(width=WIDTH, height=HEIGHT + BELOW, label=f"{label}; at most {top:,}", drawn=drawn, ends=ends)


def _bar(number: int, step: float, top: int, row: tuple[str, int, int]) -> Markup:
    period, value, marked = row
    told = f"{period}: {value:,}" + (f", {marked:,} of them refused" if marked else "")
    parts = Markup("").join(
        Markup('<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>').format(
            kind=kind,
            x=number * step,
            y=HEIGHT - HEIGHT * count / top,
            width=max(1.0, step - _GAP),
            height=HEIGHT * count / top,
        )
        for kind, count in (("all", value), ("marked", marked))
        if count
    )
    return Markup("<g><title>{told}</title>{parts}</g>").format(told=told, parts=parts)
