"""A real browser: pages of another origin beacon, fetch and track into a running server."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients.application import Application, application
from tests.clients.chromium import browser
from tests.clients.stored import stored, stored_once, who
from tests.commands import run_json, up

METRICS = 5
VISITS_MAX = 5
"""Now and then a visit is over before a busy browser has found all five worth saying."""
PAGES = Path(__file__).parent / "pages"
FOREIGN = "app.example"
RESOLVED = f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"


@pytest.mark.parametrize("library", ["web-vitals", "web-vitals-5"])
def test_web_vitals_of_a_page_are_stored_as_the_library_said_them(tmp_path: Path, library: str) -> None:
    lake = tmp_path / "lake"
    with up(lake) as server, application(PAGES) as app, browser("--window-size=1000,800") as page:
        for _ in range(VISITS_MAX):
            app.said.clear()
            page.open(app.url(f"/vitals.html?library={library}&lake={server.url}"))
            assert page.evaluate("settled") is True
            page.click("#send")
            assert page.evaluate("interacted") is True
            page.open(app.url("/plain.html"))  # a page that is left says what it has not said yet
            said = {metric["name"]: metric for metric in said_all(app)}
            if len(said) == METRICS:
                break
    # The server has stopped, so whatever it was sent is there; earlier visits have other ids.
    ids = {metric["id"] for metric in said.values()}
    rows = {row["name"]: row for row in stored(lake, "web_vital") if row["metric_id"] in ids}
    assert set(rows) == set(said) == {"CLS", "FCP", "INP", "LCP", "TTFB"}
    for name, metric in said.items():
        row = rows[name]
        assert (row["metric_id"], row["value"], row["delta"]) == (metric["id"], metric["value"], metric["delta"])
        assert (row["rating"], row["navigation_type"]) == (metric["rating"], metric["navigationType"])
        assert (row["page"], row["session_id"], row["device"]) == ("/vitals.html", who(lake, "s-1"), "desktop")
        assert row["occurred_at_us"] == metric["timestamp"] * 1000
        assert "HeadlessChrome" in row["properties"]["user_agent"]
    lcp, inp = said["LCP"]["attribution"], said["INP"]["attribution"]
    assert rows["LCP"]["target"] == lcp["target"]
    assert "#hero" in rows["LCP"]["target"]
    assert rows["LCP"]["resource_url"] == app.url("/hero.svg")
    assert told(rows["LCP"], "time_to_first_byte_ms", "resource_delay_ms", "resource_load_ms", "render_delay_ms") == [
        round(lcp[name])
        for name in ("timeToFirstByte", "resourceLoadDelay", "resourceLoadDuration", "elementRenderDelay")
    ]
    assert rows["INP"].get("target") == inp.get("interactionTarget")  # not every version finds it without a window
    assert rows["INP"]["interaction_type"] == "pointer"
    assert told(rows["INP"], "input_delay_ms", "processing_ms", "presentation_delay_ms") == [
        round(inp[name]) for name in ("inputDelay", "processingDuration", "presentationDelay")
    ]
    assert "#send" in rows["CLS"]["target"]
    assert rows["CLS"]["value"] > 0
    assert rows["FCP"]["load_state"] == said["FCP"]["attribution"]["loadState"]
    assert rows["FCP"]["time_to_first_byte_ms"] == round(said["FCP"]["attribution"]["timeToFirstByte"])
    assert (
        rows["TTFB"]["properties"]["attribution"]["requestDuration"] == said["TTFB"]["attribution"]["requestDuration"]
    )


def said_all(app: Application) -> list[dict[str, Any]]:
    """What the library said of a visit, once it is all there or has long been silent."""
    for _ in range(100):
        if len(app.said) >= METRICS:
            break
        time.sleep(0.1)
    return list(app.said)


def told(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


CLICK = "{ event_type: 'behavior', event_id: '%s', occurred_at: new Date().toISOString(), action: 'click' }"
FETCH = """
fetch('%s', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Basic dzo=', 'x-own': '1' },
  body: JSON.stringify([EVENT]),
}).then(async (answer) => [answer.status, await answer.json()], (error) => error.name)
"""
BEACON = "navigator.sendBeacon('%s/v1/beacon', new Blob([JSON.stringify(EVENT)], { type: '%s' }))"


def test_a_page_fetches_json_after_a_preflight_and_reads_the_answer(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake) as server, application(PAGES) as app, browser() as page:
        page.open(app.url("/plain.html"))
        status, answer = page.evaluate(FETCH.replace("EVENT", CLICK % "e1") % f"{server.url}/v1/events")
        assert (status, answer["stored"]) == (200, 1)
        status, answer = page.evaluate(FETCH.replace("EVENT", "{}") % f"{server.url}/v1/events")
        assert (status, answer["errors"][0]["code"]) == (207, "missing_field")
        assert page.evaluate(BEACON.replace("EVENT", CLICK % "e2") % (server.url, "application/json")) is True
        assert {row["event_id"] for row in stored_once(lake, "behavior", 2)} == {"e1", "e2"}


def test_a_foreign_page_stores_nothing_until_the_owner_allows_its_origin(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with application(PAGES) as app, browser(RESOLVED) as page:
        page.open(app.url("/plain.html", FOREIGN))
        with up(lake) as server:
            assert page.evaluate(FETCH.replace("EVENT", CLICK % "e1") % f"{server.url}/v1/events") == "TypeError"
            no_preflight = "fetch('%s/v1/beacon', { method: 'POST', mode: 'no-cors', body: JSON.stringify(%s) })"
            assert (
                page.evaluate(f"{no_preflight % (server.url, CLICK % 'e2')}.then((answer) => answer.type)") == "opaque"
            )
        assert stored(lake, "behavior") == []
        assert run_json("status", "--lake", lake)["refused_requests"] == 2
        with up(lake, "--allow-origin", app.url("/", FOREIGN)) as server:
            status, answer = page.evaluate(FETCH.replace("EVENT", CLICK % "e3") % f"{server.url}/v1/events")
            assert (status, answer["stored"]) == (200, 1)
            assert page.evaluate(BEACON.replace("EVENT", CLICK % "e4") % (server.url, "text/plain")) is True
            assert {row["event_id"] for row in stored_once(lake, "behavior", 2)} == {"e3", "e4"}


ANALYTICS = """
const script = document.createElement('script')
script.src = '/node_modules/@segment/analytics-next/dist/umd/index.js'
document.head.append(script)
new Promise((resolve) => { script.onload = resolve }).then(async () => {
  const [analytics] = await AnalyticsNext.AnalyticsBrowser.load({
    writeKey: 'wk',
    cdnSettings: { integrations: { 'Segment.io': { apiKey: 'wk', apiHost: '%s/v1', protocol: 'http' } } },
  })
  await analytics.page('App', 'Shop')
  await analytics.identify('u1', { email: 'person@x.example' })
  const sent = await analytics.track('Answer Copied', { execution_id: 't-s' })
  return [analytics.user().anonymousId(), sent.event.messageId]
})
"""


def test_segments_library_for_browsers_uses_its_short_paths(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with up(lake) as server, application(PAGES) as app, browser() as page:
        page.open(app.url("/plain.html?token=secret"))
        anonymous_id, message_id = page.evaluate(ANALYTICS % server.url.removeprefix("http://"))
        rows = {row["action"]: row for row in stored_once(lake, "behavior", 3)}
    assert set(rows) == {"page_view", "identify", "feature_used"}
    assert {row["anonymous_id"] for row in rows.values()} == {who(lake, anonymous_id)}
    assert {row["page"] for row in rows.values()} == {"/plain.html"}
    view, copied = rows["page_view"], rows["feature_used"]
    assert (view["name"], view["title"], view["device"]) == ("Shop", "Shop", "desktop")
    assert (copied["event_id"], copied["user_id"], copied["execution_id"]) == (message_id, who(lake, "u1"), "t-s")
    assert not any("secret" in str(row) or "person@x.example" in str(row) for row in rows.values())
