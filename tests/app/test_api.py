"""The API: its fields, its numbers, its limits."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import override_settings
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from conftest import APP
from salaries.models import SalaryCell, SalaryObservation, SalaryRoleAggregate
from salaries.tally import unpacked

DATA = """source,role,level,location,state,country,currency,work_model,salary_min,salary_max,salary_total,observed_at
a,dev,junior,São Paulo,SP,Brazil,BRL,remoto,10,20,100,
a,dev,senior,São Paulo,SP,Brazil,BRL,remoto,30,40,200,
b,dev,senior,Recife,PE,Brazil,BRL,hibrido,,,300,
b,dev,senior,Recife,PE,Brazil,BRL,hibrido,50,90,410,2025-01-01
b,dev,senior,Remoto,,Brazil,USD,remoto,5,6,70,
c,qa,pleno,Curitiba,PR,Brazil,BRL,presencial,1,2,3.33,
"""


@pytest.fixture
def data(loaded):
    loaded(DATA)


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def get(client, path: str, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


BRL = {
    "currency": "BRL",
    "observations": 4,
    "base_salary": {"min": 10.0, "max": 90.0, "average_min": 30.0, "average_max": 50.0},
    "total_compensation": {"min": 100.0, "max": 410.0, "average": 252.5},
    "sources": [
        {"name": "a", "observations": 2, "average_total_compensation": 150.0},
        {"name": "b", "observations": 2, "average_total_compensation": 355.0},
    ],
}
NOTHING = dict.fromkeys(("location", "country", "state", "level", "currency", "work_model"))


def test_the_summary_has_exactly_these_fields_and_numbers(data, client):
    answer = get(client, "/api/salaries/", role="Dev")
    assert set(answer) == {"role", "filters", "total_observations", "currencies", "levels", "states", "work_models"}
    assert answer["role"] == "dev"
    assert answer["filters"] == {"role": "dev", **NOTHING}
    assert answer["total_observations"] == 5
    assert answer["currencies"][0] == BRL
    assert [currency["currency"] for currency in answer["currencies"]] == ["BRL", "USD"]
    assert [(level["level"], level["observations"]) for level in answer["levels"]] == [("junior", 1), ("senior", 4)]
    assert [(state["state"], state["observations"]) for state in answer["states"]] == [("PE", 2), ("SP", 2)]
    assert [(model["work_model"], model["observations"]) for model in answer["work_models"]] == [
        ("hibrido", 2),
        ("remoto", 3),
    ]
    assert answer["states"][0]["currencies"][0]["total_compensation"] == {"min": 300.0, "max": 410.0, "average": 355.0}


def test_the_insights_have_exactly_these_fields_and_numbers(data, client):
    assert get(client, "/api/salaries/insights/", role="dev") == {
        "role": "dev",
        # Amounts of two currencies cannot be ranked together: the answer is about the one most observed, and says so.
        "filters": {"role": "dev", **NOTHING, "currency": "BRL"},
        "percentiles": {"p25": 175.0, "median": 250.0, "p75": 327.5},
        "top_states": [
            {"name": "PE", "observations": 2, "average_total_compensation": 355.0},
            {"name": "SP", "observations": 2, "average_total_compensation": 150.0},
        ],
        "top_locations": [
            {"name": "Recife", "observations": 2, "average_total_compensation": 355.0},
            {"name": "São Paulo", "observations": 2, "average_total_compensation": 150.0},
        ],
        "top_work_models": [
            {"name": "hibrido", "observations": 2, "average_total_compensation": 355.0},
            {"name": "remoto", "observations": 2, "average_total_compensation": 150.0},
        ],
        "top_sources": [
            {"name": "b", "observations": 2, "average_total_compensation": 355.0},
            {"name": "a", "observations": 2, "average_total_compensation": 150.0},
        ],
    }


def test_top_lists_have_five_entries_at_most(loaded, client):
    loaded(
        "role,uf,salary\n" + "".join(f"dev,S{number},{number * 100}\n" for number in range(1, 9)),
    )
    top = get(client, "/api/salaries/insights/", role="dev")["top_states"]
    assert [entry["name"] for entry in top] == ["S8", "S7", "S6", "S5", "S4"]


def test_what_a_source_does_not_say_is_counted_and_not_named(loaded, client):
    loaded("role,uf,salary\ndev,,100\ndev,SP,300\n")
    summary, insights = (get(client, path, role="dev") for path in ("/api/salaries/", "/api/salaries/insights/"))
    assert summary["total_observations"] == 2
    assert [state["state"] for state in summary["states"]] == ["SP"]
    assert [state["name"] for state in insights["top_states"]] == ["SP"]
    assert summary["levels"] == summary["work_models"] == insights["top_work_models"] == insights["top_locations"] == []
    assert insights["percentiles"]["median"] == 200


def test_the_comparison_is_sorted_and_shares_its_filters(data, client):
    answer = get(client, "/api/salaries/comparison/", roles="QA, dev", role="Dev", country="br")
    assert list(answer) == ["filters", "roles"]
    assert answer["filters"] == {"roles": ["dev", "qa"], **NOTHING, "country": "Brazil"}
    assert [(role["role"], role["total_observations"]) for role in answer["roles"]] == [
        ("dev", 5),
        ("qa", 1),
    ]
    assert answer["roles"][0]["filters"]["country"] == "Brazil"


def test_roles_can_be_repeated(data, client):
    response = client.get("/api/salaries/comparison/?role=qa&role=dev")
    assert [role["role"] for role in response.json()["roles"]] == ["dev", "qa"]


def test_the_choices_are_those_of_the_data(data, client):
    assert get(client, "/api/filters/") == {
        "roles": ["dev", "qa"],
        "states": ["PE", "PR", "SP"],
        "levels": ["junior", "pleno", "senior"],
        "work_models": ["hibrido", "presencial", "remoto"],
    }


def test_the_choices_are_cached(data, client, django_assert_num_queries):
    get(client, "/api/filters/")
    with django_assert_num_queries(1):  # the version of the data, which the cache cannot be trusted with
        response = client.get("/api/filters/")
    assert "max-age=300" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("filters", "observations"),
    [
        ({"state": "sp"}, 2),
        ({"state": "SP", "level": "SR"}, 1),
        ({"location": "são  PAULO"}, 2),
        ({"country": "bra"}, 5),
        ({"currency": "usd"}, 1),
        ({"work_model": "Híbrido"}, 2),
        ({"state": ""}, 5),
        ({"state": "PR"}, 0),
    ],
)
def test_filters_do_not_look_at_case(data, client, filters, observations):
    assert get(client, "/api/salaries/", role="dev", **filters)["total_observations"] == observations


def test_the_answer_of_an_aggregate_is_that_of_the_rows(data, client):
    paths = ("/api/salaries/", "/api/salaries/insights/")
    from_aggregates = [get(client, path, role="dev") for path in paths]
    SalaryRoleAggregate.objects.all().delete()
    assert [get(client, path, role="dev") for path in paths] == from_aggregates


@pytest.mark.parametrize(
    "filters",
    ["level=senior", "state=PE", "currency=BRL", "country=br&work_model=remoto", "location=remoto", "state=PR"],
)
def test_the_answer_of_cells_is_that_of_the_rows(data, client, filters):
    paths = [f"{path}&{filters}" for path in ("/api/salaries/?role=dev", "/api/salaries/insights/?role=dev",
                                             "/api/salaries/comparison/?roles=dev,qa")]  # fmt: skip
    assert SalaryCell.objects.filter(role="dev").count() == 4, "the fourth row but for its date"
    from_cells = [client.get(path).json() for path in paths]
    SalaryCell.objects.all().delete()
    cache.clear()
    assert [client.get(path).json() for path in paths] == from_cells


def test_the_percentiles_of_cells_are_those_of_the_rows_to_the_cent(loaded, client):
    """Also of cells without amounts, which the release before the column loads during a rolling deployment."""
    loaded("role,uf,salary\ndev,SP,100.01\ndev,SP,100.00\ndev,PE,100.04\ndev,PE,9999999999.99\n")
    assert {cell.state: unpacked([cell.amounts]) for cell in SalaryCell.objects.all()} == {
        "SP": (10000, 10001),
        "PE": (10004, 10**12 - 1),
    }
    question = {"path": "/api/salaries/insights/", "role": "dev", "country": "br"}
    from_cells = get(client, **question)
    assert from_cells["percentiles"] == {"p25": 100.01, "median": 100.03, "p75": 2500000075.03}
    SalaryCell.objects.filter(state="SP").update(amounts=None)
    cache.clear()
    assert get(client, **question) == from_cells


@pytest.mark.parametrize("path", ["/api/salaries/", "/api/salaries/insights/"])
def test_a_role_without_filters_costs_one_query(data, client, django_assert_num_queries, path):
    with django_assert_num_queries(1):
        get(client, path, role="dev")


FILTERED = [
    "/api/salaries/?role=dev&level=senior",
    "/api/salaries/insights/?role=dev&level=senior",
    "/api/salaries/comparison/?roles=dev,qa&level=senior",
]


@pytest.mark.parametrize("path", FILTERED)
def test_an_answer_with_filters_reads_no_observation(data, client, django_assert_max_num_queries, path):
    with django_assert_max_num_queries(3) as asked:  # one is for the version of the data
        client.get(path.replace("level=senior", "country=br"))
    assert asked.captured_queries
    assert not [query["sql"] for query in asked.captured_queries if "salaries_salaryobservation" in query["sql"]]


@pytest.mark.parametrize("path", FILTERED)
def test_an_answer_with_filters_is_computed_once(data, client, django_assert_num_queries, path):
    first = client.get(path).json()
    with django_assert_num_queries(1):  # the version of the data
        assert client.get(path).json() == first
    with django_assert_num_queries(1):  # however it is spelt, it is the same question
        assert client.get(path.replace("senior", "SR").replace("dev", "Dev")).json() == first
    for change in (("senior", "junior"), ("dev", "qa")):
        assert client.get(path.replace(*change)).json() != first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", FILTERED)
def test_an_answer_with_filters_is_forgotten_when_the_data_changes(loaded, writer, path):
    loaded(DATA)
    before = writer.get(path).json()
    new = {"source": "c", "role": "dev", "level": "senior", "country": "BR", "currency": "BRL"}
    address = writer.post("/api/observations/", {**new, "total_compensation": "5000"}, format="json").json()["id"]
    written = writer.get(path).json()
    assert written != before
    writer.patch(f"/api/observations/{address}/", {"total_compensation": "6000"}, format="json")
    assert writer.get(path).json() not in (before, written)
    writer.delete(f"/api/observations/{address}/")
    assert writer.get(path).json() == before
    loaded(DATA.replace("410", "411"))
    assert writer.get(path).json() != before


@pytest.mark.real
def test_what_changes_while_the_cache_is_away_is_seen_when_it_is_back(data, writer):
    before = [writer.get(path).json() for path in ("/api/filters/", *FILTERED)]
    cache._breaker.trip()
    new = {"source": "c", "role": "dev", "level": "senior", "state": "AM", "country": "BR", "currency": "BRL"}
    assert writer.post("/api/observations/", {**new, "total_compensation": "5000"}, format="json").status_code == 201
    cache._breaker.reset()
    after = [writer.get(path).json() for path in ("/api/filters/", *FILTERED)]
    assert all(one != other for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("path", ["/api/salaries/", "/api/salaries/insights/"])
def test_values_that_nothing_has_together_are_an_empty_answer(data, client, path):
    answer = get(client, path, role="qa", state="SP")
    assert answer.get("total_observations", 0) == 0
    assert answer.get("percentiles", {}) in ({}, {"p25": None, "median": None, "p75": None})


UNKNOWN = [
    ("role", "nope", "role: there is no 'nope': use one of dev, qa"),
    ("location", "nope", "location: there is no 'Nope': use one of Curitiba, Recife, Remoto, São Paulo"),
    ("country", "nope", "country: there is no 'Nope': use one of Brazil"),
    ("state", "zz", "state: there is no 'ZZ': use one of PE, PR, SP"),
    ("level", "nope", "level: there is no 'nope': use one of junior, pleno, senior"),
    ("currency", "eur", "currency: there is no 'EUR': use one of BRL, USD"),
    ("work_model", "nope", "work_model: there is no 'nope': use one of hibrido, presencial, remoto"),
]


@pytest.mark.parametrize("path", ["/api/salaries/", "/api/salaries/insights/", "/api/salaries/comparison/"])
def test_a_value_that_does_not_exist_is_refused_with_those_that_do(data, client, path):
    for name, value, error in UNKNOWN:
        response = client.get(path, {"role": "dev", name: value})
        assert (response.status_code, response.json()) == (400, {"error": error})
    several = client.get(path, {"role": "nope", "state": "zz", "level": "senior"})
    assert several.json() == {"error": f"{UNKNOWN[0][2]}; {UNKNOWN[3][2]}"}


def test_a_comparison_names_all_roles_that_do_not_exist(data, client):
    response = client.get("/api/salaries/comparison/?roles=dev,x,y")
    assert (response.status_code, response.json()["error"]) == (400, "role: there is no 'x', 'y': use one of dev, qa")


def test_an_error_names_fifty_values_at_most(loaded, client):
    assert client.get("/api/salaries/?role=x").json() == {"error": "role: there is no 'x': no data is loaded"}
    loaded("role,salary\n" + "".join(f"r{number:02},1\n" for number in range(60)))
    error = client.get("/api/salaries/?role=x").json()["error"]
    assert error == f"role: there is no 'x': use one of {', '.join(f'r{n:02}' for n in range(50))} and 10 more"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/salaries/", "role query parameter is required"),
        ("/api/salaries/?role=", "role query parameter is required"),
        ("/api/salaries/?role=%20", "role query parameter is required"),
        ("/api/salaries/insights/", "role query parameter is required"),
        ("/api/salaries/comparison/", "roles query parameter is required"),
        ("/api/salaries/comparison/?roles=,,", "roles query parameter is required"),
        ("/api/salaries/?role=!!", "role: holds no letter and no digit"),
        ("/api/salaries/?role=dev&state=%00", "state: Null characters are not allowed."),
        ("/api/salaries/?role=dev&state=" + "x" * 31, "state: Ensure this field has no more than 30 characters."),
        (
            "/api/salaries/comparison/?roles=" + ",".join(f"r{n}" for n in range(21)),
            "roles: at most 20 can be compared",
        ),
    ],
)
def test_a_wrong_question_is_answered_by_400_and_one_line(db, client, path, error):
    response = client.get(path)
    assert (response.status_code, response.json()) == (400, {"error": error})


# --- Observations ----------------------------------------------------------------------------------------------------


NEW = {"source": "a", "role": "Dev", "country": "BR", "currency": "brl", "total_compensation": "123.45"}


@pytest.fixture
def writer(db, api) -> APIClient:
    user = User.objects.create_user("writer", password="only-for-tests")
    user.user_permissions.set(Permission.objects.filter(content_type__model="salaryobservation"))
    tokens = api.post("/api/token/", {"username": "writer", "password": "only-for-tests"}, format="json").json()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return api


def test_pages_have_twenty_observations_and_lead_through_all(loaded, client):
    loaded("role,salary\n" + "".join(f"dev,{number}\n" for number in range(1, 46)))
    seen, url = [], "/api/observations/"
    while url:
        page = client.get(url).json()
        assert len(page["results"]) <= 20
        seen += [row["total_compensation"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize("cursor", ["x", "cD1h", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "bz0x"])
def test_a_forged_cursor_is_no_error_of_the_server(data, client, cursor):
    assert client.get("/api/observations/", {"cursor": cursor}).status_code in (200, 404)


def test_writing_needs_a_token_and_the_permission(db, api):
    assert api.post("/api/observations/", NEW, format="json").status_code == 401
    api.force_authenticate(User.objects.create_user("reader"))
    assert api.post("/api/observations/", NEW, format="json").status_code == 403


def test_what_is_written_is_canonical_and_seen_at_once(data, writer):
    before = get(writer, "/api/salaries/", role="dev")["total_observations"]
    get(writer, "/api/filters/")
    created = writer.post("/api/observations/", {**NEW, "state": "zz"}, format="json")
    assert created.status_code == 201
    assert created.json()["role"] == "dev"
    assert created.json()["country"] == "Brazil"
    assert get(writer, "/api/salaries/", role="dev")["total_observations"] == before + 1


@pytest.mark.django_db(transaction=True)
def test_writing_refreshes_the_choices(writer):
    assert get(writer, "/api/filters/")["roles"] == []
    writer.post("/api/observations/", NEW, format="json")
    assert get(writer, "/api/filters/")["roles"] == ["dev"]


def test_an_observation_can_be_changed_and_deleted(writer):
    address = f"/api/observations/{writer.post('/api/observations/', NEW, format='json').json()['id']}/"
    changed = writer.patch(address, {"role": "QA"}, format="json")
    assert (changed.status_code, changed.json()["role"]) == (200, "qa")
    assert get(writer, "/api/salaries/", role="qa")["total_observations"] == 1
    assert writer.delete(address).status_code == 204
    assert writer.get("/api/salaries/?role=qa").status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, "this observation is already there"),
        ({"role": "!!"}, "role: "),
        ({"total_compensation": "0"}, "total_compensation: Ensure this value is greater than or equal to 0.01."),
        ({"total_compensation": "1.5E+99"}, "total_compensation: "),
        ({"base_salary_min": "5", "base_salary_max": "4"}, "base_salary_min is above base_salary_max"),
        ({"location": "a\x00"}, "location: Null characters are not allowed."),
        ({"observed_at": "soon"}, "observed_at: "),
    ],
)
def test_a_wrong_observation_is_refused_with_the_reason(writer, change, error):
    writer.post("/api/observations/", NEW, format="json")
    response = writer.post("/api/observations/", {**NEW, **change}, format="json")
    assert response.status_code == 400
    assert error in response.json()["error"]
    assert SalaryObservation.objects.count() == 1


# --- Tokens and throttles --------------------------------------------------------------------------------------------


def test_a_refresh_token_works_once(db, api):
    User.objects.create_user("somebody", password="only-for-tests")
    tokens = api.post("/api/token/", {"username": "somebody", "password": "only-for-tests"}, format="json").json()
    rotated = api.post("/api/token/refresh/", {"refresh": tokens["refresh"]}, format="json")
    assert set(rotated.json()) == {"access", "refresh"}
    assert api.post("/api/token/refresh/", {"refresh": tokens["refresh"]}, format="json").status_code == 401


def test_a_wrong_password_is_refused_by_one_line(db, api):
    response = api.post("/api/token/", {"username": "a", "password": "b"}, format="json")
    assert (response.status_code, list(response.json())) == (401, ["error"])


def test_throttles_count_by_the_address_that_the_outermost_proxy_saw(db, client, monkeypatch):
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"anon": "2/hour", "user": "1000/hour"})

    def status(forwarded: str) -> int:
        return client.get("/api/filters/", headers={"X-Forwarded-For": forwarded}).status_code

    # Cloudflare adds the visitor, the load balancer adds Cloudflare; what is before them the visitor made up.
    assert [status(f"10.0.0.{made_up}, 203.0.113.5, 198.51.100.1") for made_up in range(3)] == [200, 200, 429]
    assert status("203.0.113.6, 198.51.100.1") == 200


def test_the_production_limits_are_those_of_the_contract():
    from config.settings import base

    assert base.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] == {"anon": "100/hour", "user": "1000/hour"}
    assert base.REST_FRAMEWORK["PAGE_SIZE"] == 20


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_pages(db, client):
    assert client.get("/")["Location"] == "/dashboard/"
    assert b"Tech Salary Insights" in client.get("/dashboard/").content
    assert client.get("/hello/").content == b"Hello World"
    assert client.get("/admin/").status_code == 302


def test_pages_allow_nothing_from_elsewhere(db, client):
    policy = client.get("/dashboard/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_debug_pages_keep_their_style_and_other_pages_their_policy(db, client, settings):
    settings.DEBUG = True
    missing = client.get("/missing/")
    assert (missing.status_code, b"<style" in missing.content) == (404, True)
    assert "Content-Security-Policy" not in missing
    assert "Content-Security-Policy" in client.get("/dashboard/")
    settings.DEBUG = False
    assert "Content-Security-Policy" in client.get("/missing/")


def test_a_browser_can_try_the_api_on_this_machine_and_gets_json_elsewhere(db, client):
    def answer(settings: str) -> str:
        program = (
            "import django; django.setup()\n"
            "from django.test import Client\n"
            "answer = Client(headers={'host': 'localhost', 'accept': 'text/html'}).get('/api/token/')\n"
            "print(answer['Content-Type'], answer.content.decode())"
        )
        environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": settings}
        return subprocess.run(
            [sys.executable, "-c", program], cwd=APP, env=environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    page = answer("config.settings.local")
    assert page.startswith("text/html") and '<textarea name="_content"' in " ".join(page.split())
    assert client.get("/api/filters/", headers={"Accept": "text/html"})["Content-Type"] == "application/json"


@override_settings(CORS_ALLOWED_ORIGINS=["https://salaries.example.com"])
def test_an_exported_dashboard_may_ask_from_the_origin_that_is_allowed(db, client):
    allowed = client.get("/api/filters/", headers={"Origin": "https://salaries.example.com"})
    assert allowed["Access-Control-Allow-Origin"] == "https://salaries.example.com"
    assert "Access-Control-Allow-Origin" not in client.get("/api/filters/", headers={"Origin": "https://evil.example"})


def test_the_document_describes_every_address_of_the_api(db, client):
    schema = client.get("/api/schema/?format=json").json()
    assert set(schema["paths"]) == {
        "/api/salaries/", "/api/salaries/comparison/", "/api/salaries/insights/", "/api/filters/", "/api/token/",
        "/api/token/refresh/", "/api/observations/", "/api/observations/{id}/",
    }  # fmt: skip


def test_a_changed_password_ends_every_token(db, api):
    user = User.objects.create_user("ann", password="first")
    tokens = api.post("/api/token/", {"username": "ann", "password": "first"}, format="json").json()
    tokens = api.post("/api/token/refresh/", {"refresh": tokens["refresh"]}, format="json").json()
    user.set_password("second")
    user.save()
    assert api.post("/api/token/refresh/", {"refresh": tokens["refresh"]}, format="json").status_code == 401
    assert api.get("/api/filters/", headers={"Authorization": f"Bearer {tokens['access']}"}).status_code == 401
