"""The dashboard in a real browser. `DASHBOARD_SCREENSHOTS=directory` keeps what it looked like."""

import contextlib
import functools
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError

import browser as browsers
import servers
from browser import DOWN, ENTER, SPACE, TAB, Browser
from salaries import dataset, selectors
from salaries.models import SalaryObservation

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(
        not browsers.AVAILABLE and os.environ.get("CI") != "true", reason="no chromium and chromedriver here"
    ),
    pytest.mark.once,  # a browser sees no database
    pytest.mark.django_db(transaction=True),
]

HOSTILE = "<img src=x onerror=document.title='broken'>"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory) -> Iterator[Browser]:
    with browsers.running(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def browser(chromium) -> Browser:
    chromium.look()
    return chromium


@pytest.fixture
def sample(loaded) -> None:
    call_command("load_salary_dataset", input=settings.BASE_DIR / "data" / "tech_salaries_sample.csv")


@pytest.fixture
def dashboard(sample, live_server) -> str:
    return f"{live_server.url}/dashboard/"


def keep(browser: Browser, name: str) -> None:
    if directory := os.environ.get("DASHBOARD_SCREENSHOTS"):
        browser.until("document.getAnimations().length == 0")
        browser.screenshot(Path(directory) / f"{name}.png")


def texts(browser: Browser, identifier: str) -> list[str]:
    """What is written in a chart."""
    return browser.script(f"[...document.querySelectorAll('#{identifier} text')].map(text => text.firstChild.data)")


def status(browser: Browser) -> str:
    return browser.script("document.getElementById('status').textContent")


# --- What it shows ---------------------------------------------------------------------------------------------------


def test_the_dashboard_shows_the_api_s_figures(dashboard, browser, client):
    browser.open(f"{dashboard}?role=data_engineer")
    keep(browser, "desktop")
    insights = client.get("/api/salaries/insights/?role=data_engineer").json()
    summary = client.get("/api/salaries/?role=data_engineer").json()
    figures = browser.script("[...document.querySelectorAll('dd')].map(figure => figure.textContent)")
    assert figures[0] == f"R${insights['percentiles']['median']:,.0f}"
    assert figures[1] == f"R${summary['currencies'][0]['total_compensation']['average']:,.0f}"
    best = insights["top_locations"][0]
    assert texts(browser, "locations")[:2] == [best["name"], f"R${best['average_total_compensation']:,.0f}"]
    assert sorted(texts(browser, "levels")[::2]) == ["Junior", "Mid-level", "Senior", "Specialist"]


def test_filters_are_read_from_the_address_and_written_to_it(dashboard, browser, client):
    browser.open(f"{dashboard}?role=qa_analyst&level=senior")
    expected = client.get("/api/salaries/?role=qa_analyst&level=senior").json()["currencies"][0]["observations"]
    assert status(browser).startswith(f"{expected} observations in BRL")
    assert browser.script("document.title") == "QA analyst · Senior – Tech Salary Insights"
    choose(browser, "level", "")
    assert browser.script("location.search") == "?role=qa_analyst"
    browser.script("history.back()")
    browser.until("document.title.includes('Senior')")
    assert browser.script("document.querySelector('[name=level]').value") == "senior"


def choose(browser: Browser, name: str, value: str) -> None:
    """As a pointer would; the keyboard has tests of its own."""
    browser.script(
        f"(select => {{ select.value = '{value}'; "
        "select.dispatchEvent(new Event('change', {bubbles: true})) })"
        f"(document.querySelector('select[name={name}]'))"
    )
    browser.settled()


def test_names_are_english_whatever_the_language_of_the_data(loaded, live_server, browser):
    loaded("role,salary\nEngenheiro de Machine Learning,1\nconstructor,2\nqa_analyst,3\n")
    browser.open(f"{live_server.url}/dashboard/?role=engenheiro_de_machine_learning")
    names = "[...document.querySelectorAll('select[name=role] option')].map(option => option.textContent)"
    assert browser.script(names) == ["Constructor", "Machine learning engineer", "QA analyst"]
    title = browser.script("document.getElementById('overview-title').textContent")
    assert title == "Machine learning engineer", "a link with the name of the data holds"


def test_nothing_found_says_so(dashboard, browser):
    SalaryObservation.objects.filter(role="qa_analyst", currency="USD").delete()
    dataset.forget_role("qa_analyst")
    browser.open(f"{dashboard}?role=qa_analyst&currency=USD")
    keep(browser, "nothing")
    assert status(browser).startswith("Nothing has been observed for these filters")
    assert browser.script("document.getElementById('results').hidden")


def test_what_the_data_does_not_have_is_not_answered_by_something_else(dashboard, browser):
    browser.open(f"{dashboard}?role=nope")
    assert status(browser).startswith("role: there is no 'nope': use one of "), "the API names the roles there are"
    assert browser.script("document.querySelector('[name=role]').value") == "nope"
    browser.open(f"{dashboard}?role=qa_analyst&level=nope")
    assert status(browser).startswith("level: there is no 'nope': use one of ")
    browser.open(f"{dashboard}?role=&level=senior")
    assert "Senior" in browser.script("document.title"), "an empty role is the first one"


def test_few_observations_are_said_to_be_few(loaded, live_server, browser):
    loaded("role,salary\ndev,100\n")
    browser.open(f"{live_server.url}/dashboard/")
    assert status(browser) == "1 observation in BRL. So few say little about others."


def test_no_data_says_what_to_do_and_offers_no_filter(live_server, browser, client):
    browser.open(f"{live_server.url}/dashboard/")
    assert "load some with manage.py load_salary_dataset" in status(browser)
    assert browser.script("document.querySelector('fieldset').disabled")
    # Else the page would go on saying so for minutes after the data has come.
    assert "max-age" not in client.get("/api/filters/").headers.get("Cache-Control", "")


def test_texts_of_the_data_are_never_markup(loaded, live_server, browser):
    loaded(f'role,cidade,uf,salary\ndev,"{HOSTILE}",SP,100\n')
    browser.open(f"{live_server.url}/dashboard/")
    assert browser.script("document.querySelector('#locations title').textContent").startswith("<img Src=x")
    assert browser.script("document.images.length") == 0
    assert browser.script("document.title") == "Dev – Tech Salary Insights"


def test_an_error_hides_what_is_about_other_filters_and_can_be_tried_again(dashboard, browser, monkeypatch):
    browser.open(f"{dashboard}?role=data_engineer")

    def fail(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(selectors, "insights", fail)
        choose(browser, "role", "qa_analyst")
        keep(browser, "error")
        assert status(browser) == "The API answered 503."
        assert browser.script("document.getElementById('results').hidden")
    browser.script("document.getElementById('again').focus()")
    browser.press(ENTER)
    browser.until("!document.getElementById('results').hidden")
    assert browser.script("document.activeElement.id") == "status", "the place in the page is kept"
    assert browser.script("document.getElementById('again').hidden")


# --- For everybody ---------------------------------------------------------------------------------------------------

FOCUSED = "(at => at.name || at.id || at.className || at.closest('figure')?.id || at.type)(document.activeElement)"


def test_tab_goes_through_everything_in_order_and_is_always_seen(dashboard, browser):
    browser.open(f"{dashboard}?role=data_engineer")
    seen = []
    for _ in range(14):
        browser.press(TAB)
        seen.append(browser.script(FOCUSED))
        outline = browser.script(
            "(style => [style.outlineStyle, parseFloat(style.outlineWidth)])(getComputedStyle(document.activeElement))"
        )
        assert outline == ["solid", 3], seen
        box = "document.activeElement.getBoundingClientRect()"
        assert browser.script(f"{box}.left >= 0 && {box}.top >= 0 && {box}.bottom <= innerHeight"), seen
    charts = ["distribution", "levels", "roles", "work_models", "states", "locations", "sources"]
    assert seen == ["skip", "role", "level", "state", "work_model", "currency", "reset", *charts]
    browser.press(TAB, shift=True)
    browser.until(f"{FOCUSED} == 'locations'")


def test_the_skip_link_leads_past_the_filters(dashboard, browser):
    browser.open(f"{dashboard}?role=data_engineer")
    browser.script("document.querySelector('#distribution svg').mine = true")
    browser.press(TAB, ENTER)
    browser.until("document.activeElement.id == 'answers'")
    browser.press(TAB)
    browser.until(f"{FOCUSED} == 'distribution'")
    browser.settled()
    assert browser.script("document.querySelector('#distribution svg').mine"), "the same answers are not drawn again"


def test_filters_and_tables_need_no_pointer(dashboard, browser):
    browser.open(f"{dashboard}?role=data_engineer")
    browser.script("document.getElementById('status').mine = true")
    browser.press(TAB, TAB, TAB, DOWN)
    browser.until("location.search.includes('level=') && !document.querySelector('[aria-busy]')")
    chosen = browser.script("document.activeElement.selectedOptions[0].label")
    assert chosen in browser.script("document.getElementById('overview-title').textContent")
    # A live region is read out when its text changes, as long as it is the same element.
    assert browser.script("document.getElementById('status').mine")
    assert "observations in BRL" in status(browser)

    browser.press(TAB, TAB, TAB, TAB, SPACE)
    browser.until("location.search == '?role=data_engineer' && !document.querySelector('[aria-busy]')")
    browser.until(f"{FOCUSED} == 'reset'")

    for key in (ENTER, SPACE):
        browser.press(TAB, key)
        browser.until("document.activeElement.parentElement.open")
    assert browser.script("document.querySelectorAll('#levels td').length") == 8


def test_a_screen_reader_is_told_what_there_is(dashboard, browser):
    browser.open(f"{dashboard}?role=data_engineer")
    told = browser.accessibility()

    def names(role: str) -> list[str]:
        return [name for found, name in told if found == role]

    assert names("combobox") == ["Role", "Seniority", "State", "Work model", "Currency"]
    assert names("button") == ["Clear filters"]
    assert names("heading") == ["Tech Salary Insights", "Data engineer"]
    assert len(names("status")) == len(names("main")) == len(names("form")) == 1
    assert len(names("image")) == 7
    for name in names("image"):
        assert "R$" in name, "the sentence holds what the picture shows"
    assert "the median is R$" in names("image")[0]


# Ratios of contrast by https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio of all that is on the page at the moment.
CONTRASTS = """(() => {
  const parts = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (color) => parts(color).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
  };
  const found = {text: {}, shape: {}};
  const note = (kind, what, color, ground) => { found[kind][`${what}: ${color} on ${ground}`] = ratio(color, ground); };
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const shown = element.checkVisibility() && !element.matches(':disabled, :disabled *, option, script, noscript');
    if (!shown) continue;
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const svg = element instanceof SVGElement;
    if (own || element.matches('select')) note('text', element.tagName, svg ? style.fill : style.color, behind(element));
    if (element.matches('rect')) note('shape', 'bar', style.fill, behind(element));
    if (element.matches('.axis')) note('shape', 'axis', style.stroke, behind(element));
    if (element.matches('select, button')) note('shape', 'edge', style.borderTopColor, behind(element.parentElement));
  }
  const focus = getComputedStyle(document.documentElement).getPropertyValue('--focus');
  const hex = `rgb(${focus.trim().slice(1).match(/../g).map((part) => parseInt(part, 16))})`;
  for (const element of [document.body, document.querySelector('form')]) note('shape', 'focus', hex, behind(element));
  return found;
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_stands_out_from_what_is_behind_it(dashboard, browser, monkeypatch, dark):
    """4.5 to 1 for texts, 3 to 1 for shapes that mean something: WCAG 2.2, AA."""
    browser.look(dark=dark)
    browser.open(f"{dashboard}?role=data_engineer")
    browser.script("document.querySelectorAll('details').forEach(details => { details.open = true })")
    browser.until("document.getAnimations().length == 0")
    answers = browser.script(CONTRASTS)
    assert len(answers["text"]) > 10 and len(answers["shape"]) > 5
    monkeypatch.setattr(selectors, "insights", lambda *_: 1 / 0)
    browser.open(f"{dashboard}?role=data_engineer")
    error = browser.script(CONTRASTS)
    for kind, least in (("text", 4.5), ("shape", 3)):
        weak = {what: ratio for found in (answers, error) for what, ratio in found[kind].items() if ratio < least}
        assert weak == {}, json.dumps(weak, indent=1)


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
@pytest.mark.parametrize("role", ["data_engineer", "engenheiro_de_machine_learning"])
def test_nothing_is_cut_off_or_tiny_at_any_width(dashboard, browser, width, role):
    browser.look(width=width)
    browser.open(f"{dashboard}?role={role}")
    keep(browser, f"{width}-{role}")
    assert browser.script("document.documentElement.scrollWidth") <= width
    outside = browser.script(
        "[...document.querySelectorAll('figure')].flatMap(figure => [...figure.querySelectorAll('text')]"
        ".filter(text => text.getBoundingClientRect().right > figure.getBoundingClientRect().right - 8)"
        ".map(text => text.textContent))"
    )
    assert outside == []
    heights = browser.script("[...document.querySelectorAll('text')].map(text => text.getBoundingClientRect().height)")
    assert min(heights) >= 12


def test_the_charts_follow_the_width(dashboard, browser):
    browser.open(f"{dashboard}?role=data_engineer")
    drawn = "document.querySelector('#distribution svg').viewBox.baseVal.width"
    before = browser.script(drawn)
    browser.look(width=900)
    browser.until(f"{drawn} < {before}")
    assert browser.script(drawn) == browser.script("document.querySelector('#distribution svg').clientWidth")


# --- The exported bundle ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def bucket(directory: Path) -> Iterator[str]:
    """Files served by somebody who knows nothing of Django."""
    handler = functools.partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", servers.free_port()), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_the_exported_bundle_works_from_another_origin(sample, live_server, settings, browser, tmp_path):
    call_command("export_dashboard", output_dir=tmp_path / "bundle", api_url=f"{live_server.url}/api/")
    with bucket(tmp_path / "bundle") as origin:
        browser.open(f"{origin}/index.html?role=data_engineer")
        assert status(browser) == "The API cannot be reached."
        settings.CORS_ALLOWED_ORIGINS = [origin]
        browser.open(f"{origin}/index.html?role=data_engineer&level=senior")
        keep(browser, "bundle")
        assert "observations in BRL" in status(browser)
        assert browser.script("document.querySelectorAll('svg').length") == 7
