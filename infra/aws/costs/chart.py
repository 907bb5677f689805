"""Where the money goes: one bar a month, as SVG. Bars show shares, since totals are three orders apart."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from infra.aws.costs.model import Bill
from infra.aws.costs.usage import ROOMS

_WIDTH, _LEFT, _RIGHT, _TOP = 860, 210, 100, 66
_BAR, _STEP, _GAP = 18, 24, 14

# Light and dark: told apart in grey and by most people who see fewer colours.
_TONES = (
    ("#8c959f", "#6e7681"),
    ("#0a3069", "#1f4f8f"),
    ("#218bff", "#388bfd"),
    ("#9a6700", "#bb8009"),
    ("#eac54f", "#e3b341"),
    ("#1a7f37", "#3fb950"),
    ("#bf3989", "#db61a2"),
)
_TITLE = "Where the money goes"


def svg(bills: Sequence[Bill], names: Sequence[str]) -> str:
    """One bar a bill, in groups of the same number of events, which ``names`` says in words."""
    height = _TOP + len(bills) * _STEP + len({b.month.events for b in bills}) * _GAP
    told = "; ".join(f"{name}, {bill.month.way}: {bill.total_usd:,.2f} dollars" for bill, name in _with(bills, names))
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-labelledby="title desc">\n<title id="title">{title}</title>\n<desc id="desc">Shares of a month\'s cost. '
        "{told}.</desc>\n"
    ).format(w=_WIDTH, h=height, title=_TITLE, told=told)
    return "\n".join([head + _style(), *_legend(), *_bars(bills, names), "</svg>", ""])


def _with(bills: Sequence[Bill], names: Sequence[str]) -> Iterator[tuple[Bill, str]]:
    return zip(bills, names, strict=True)


def _style() -> Markup:
    def tones(dark: int) -> str:
        return " ".join(f"--t{number}: {pair[dark]};" for number, pair in enumerate(_TONES))

    classes = "\n  ".join(f".t{number} {{ fill: var(--t{number}); }}" for number in range(len(_TONES)))
    return Markup(f"""<style>
  svg {{ --paper: #ffffff; --ink: #1f2328; --soft: #59636e; {tones(0)} }}
  @media (prefers-color-scheme: dark) {{
    svg {{ --paper: #0d1117; --ink: #f0f6fc; --soft: #9ba5b0; {tones(1)} }}
  }}
  text {{ font: 13px -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: var(--ink); }}
  .head {{ font-size: 16px; font-weight: 600; }}
  .soft {{ fill: var(--soft); }}
  .paper {{ fill: var(--paper); }}
  {classes}
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="head" x="16" y="26">{_TITLE}</text>""")  # noqa: S704 - nothing of it comes from outside


def _legend() -> Iterator[Markup]:
    x = 16
    for number, room in enumerate(ROOMS):
        yield Markup('<rect class="t{}" x="{}" y="40" width="11" height="11"/><text x="{}" y="50">{}</text>').format(
            number, x, x + 16, room
        )
        x += 34 + 7 * len(room)


def _bars(bills: Sequence[Bill], names: Sequence[str]) -> Iterator[Markup]:
    y, before = _TOP - _GAP, None
    for bill, name in _with(bills, names):
        if name != before:
            y += _GAP
            yield Markup('<text x="16" y="{}" class="soft">{}</text>').format(y + 14, name)
        before = name
        yield Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 8, y + 14, bill.month.way)
        yield from _parts(bill, y)
        yield Markup('<text x="{}" y="{}">{}</text>').format(_WIDTH - _RIGHT + 8, y + 14, f"${bill.total_usd:,.2f}")
        y += _STEP


def _parts(bill: Bill, y: int) -> Iterator[Markup]:
    left, scale = float(_LEFT), (_WIDTH - _LEFT - _RIGHT) / float(bill.total_usd)
    for number, room in enumerate(ROOMS):
        usd = float(bill.usd_of(room))
        if usd:
            yield Markup(
                '<rect class="t{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{}: {}</title></rect>'
            ).format(number, left, y, usd * scale, _BAR, room, f"${usd:,.2f}")
        left += usd * scale
