"""axe, the accessibility checker, in a page that a real browser shows."""

from pathlib import Path
from typing import Any

from tests.clients import npm
from tests.clients.chromium import Browser

PHONE_PX, DESK_PX = 360, 800
SEEN = (("light", DESK_PX), ("dark", DESK_PX), ("light", PHONE_PX))
"""By day, by night, and on a phone."""


def serious(page: Browser, html: Path, scheme: str, width: int) -> list[dict[str, Any]]:
    """What axe calls serious or critical of a file, as it is shown so wide and by that scheme of colors."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.send("Emulation.setEmulatedMedia", features=features)
    page.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    page.open(html.as_uri())
    page.evaluate((npm.installed() / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run().then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)))"
    )
    return found
