"""The dashboard in a real browser. `DASHBOARD_SCREENSHOTS=directory` keeps what it looked like."""

import contextlib
import functools
import http.server
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

import servers

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="no chromium on this machine"),
    pytest.mark.once,  # a browser sees no database
    pytest.mark.django_db(transaction=True),
]

HOSTILE = "<img src=x onerror=document.title='broken'>"


def browse(url: str, tmp_path: Path, *, width: int = 1280, name: str | None = None) -> str:
    """The page as it is after its scripts have run."""
    assert CHROMIUM, "no chromium on this machine"
    directory = os.environ.get("DASHBOARD_SCREENSHOTS")
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               f"--user-data-dir={tmp_path}/profile", f"--window-size={width},1700", "--virtual-time-budget=8000"]  # fmt: skip
    if directory and name:
        subprocess.run(
            [*command, f"--screenshot={directory}/{name}.png", url], check=True, capture_output=True, timeout=60
        )
    return subprocess.run(
        [*command, "--dump-dom", url], check=True, capture_output=True, text=True, timeout=60
    ).stdout  # fmt: skip


def texts(page: str, identifier: str) -> list[str]:
    """What is written in a chart."""
    figure = re.search(rf'<figure id="{identifier}".*?</figure>', page, re.DOTALL)
    assert figure, page
    return re.findall(r"<text[^>]*>([^<]*)", figure[0])


@pytest.fixture
def sample(loaded):
    from django.conf import settings

    call_command("load_salary_dataset", input=settings.BASE_DIR / "data" / "tech_salaries_sample.csv")


def test_the_dashboard_shows_the_api_s_figures(sample, live_server, client, tmp_path):
    page = browse(f"{live_server.url}/dashboard/?role=data_engineer", tmp_path, name="desktop")
    answer = client.get("/api/salaries/insights/?role=data_engineer").json()
    assert f"R${answer['percentiles']['median']:,.0f}" in page
    assert texts(page, "locations")[0] == answer["top_locations"][0]["name"]
    assert len(re.findall(r'<svg[^>]*role="img"[^>]*aria-label="[^"]+"', page)) == 7
    assert len(re.findall("<table", page)) == 7
    assert re.search(r'<option value="data_engineer">Data engineer</option>', page)


def test_filters_are_read_from_the_address(sample, live_server, client, tmp_path):
    page = browse(f"{live_server.url}/dashboard/?role=qa_analyst&level=senior", tmp_path, width=500, name="phone")
    expected = client.get("/api/salaries/?role=qa_analyst&level=senior").json()["currencies"][0]
    assert "Qa analyst · Senior" in page
    assert f"{expected['observations']} observations in BRL" in page


def test_nothing_found_says_so(sample, live_server, tmp_path):
    page = browse(f"{live_server.url}/dashboard/?role=qa_analyst&currency=JPY", tmp_path, name="nothing")
    assert "Nothing has been observed for these filters" in page


def test_no_data_says_what_to_do(live_server, tmp_path):
    assert "load some with manage.py load_salary_dataset" in browse(f"{live_server.url}/dashboard/", tmp_path)


def test_texts_of_the_data_are_never_markup(loaded, live_server, tmp_path):
    loaded(f'role,cidade,uf,salary\ndev,"{HOSTILE}",SP,100\n')
    page = browse(f"{live_server.url}/dashboard/", tmp_path)
    assert "&lt;img Src=x" in page
    assert "<img" not in page.lower().replace("&lt;img", "")
    assert "broken</title>" not in page


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


def test_the_exported_bundle_works_from_another_origin(sample, live_server, settings, tmp_path):
    call_command("export_dashboard", output_dir=tmp_path / "bundle", api_url=f"{live_server.url}/api/")
    with bucket(tmp_path / "bundle") as origin:
        refused = browse(f"{origin}/index.html?role=data_engineer", tmp_path)
        assert "Failed to fetch" in refused
        settings.CORS_ALLOWED_ORIGINS = [origin]
        page = browse(f"{origin}/index.html?role=data_engineer", tmp_path, name="bundle")
    assert "observations in BRL" in page
