"""The commands: fetch, build, load, export."""

import csv
import json
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from salaries.models import SalaryCell, SalaryObservation, SalaryRoleAggregate

HEADER = "source,role,level,location,state,country,currency,work_model,salary_min,salary_max,salary_total,observed_at\n"
ROW = 'glassdoor,Software Engineer,Sr,São Paulo,sp,BR,BRL,remote,"100.000,50","120,000.50",130000,\n'
OTHER = "indeed,Data Scientist,mid,Recife,PE,,BRL,hybrid,,,98000.5,2025-01-31\n"


def rows() -> list[tuple]:
    columns = [field.name for field in SalaryObservation._meta.fields if field.name not in ("id", "ingested_at")]
    return sorted(SalaryObservation.objects.values_list(*columns), key=str)


# --- build_salary_dataset --------------------------------------------------------------------------------------------


def built(path: Path, **options) -> list[dict[str, str]]:
    output = path.parent / "built.csv"
    call_command("build_salary_dataset", input_dir=path.parent, output=output, **options)
    with output.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_building_normalises_and_writes_plain_amounts(dataset):
    assert built(dataset(HEADER + ROW)) == [
        {
            "source": "glassdoor",
            "role": "software_engineer",
            "level": "senior",
            "location": "São Paulo",
            "state": "SP",
            "country": "Brazil",
            "currency": "BRL",
            "work_model": "remoto",
            "base_salary_min": "100000.50",
            "base_salary_max": "120000.50",
            "total_compensation": "130000.00",
            "observed_at": "",
        }
    ]


def test_building_finds_files_in_folders_and_leaves_duplicates_out(dataset, capsys):
    dataset(HEADER + ROW, "external/one.csv")
    rows = built(dataset(HEADER + ROW + ROW.replace("Software Engineer", "software_engineer") + OTHER, "two.csv"))
    assert [row["role"] for row in rows] == ["software_engineer", "data_scientist"]
    assert "2 rows from 2 files; 2 duplicates and 0 bad rows left out" in capsys.readouterr().out


def test_building_again_writes_the_same_bytes_and_does_not_read_its_own_output(dataset):
    path = dataset(HEADER + ROW + OTHER)
    built(path)
    first = (path.parent / "built.csv").read_bytes()
    built(path)
    assert (path.parent / "built.csv").read_bytes() == first


def test_building_closes_its_temporary_store(dataset, monkeypatch):
    opened = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: opened.append(connect(*args, **options)) or opened[-1]
    )
    built(dataset(HEADER + ROW))
    (store,) = opened
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.execute("SELECT 1")


def test_a_bad_row_is_named_by_file_and_line_and_the_rest_goes_on(dataset, capsys):
    path = dataset(HEADER + ROW + OTHER.replace("98000.5", "1.5E+5") + OTHER)
    assert len(built(path)) == 2
    assert f"{path}:3: '1.5E+5' is in scientific notation" in capsys.readouterr().err


def test_the_line_of_a_bad_row_is_right_behind_a_value_of_two_lines(dataset, capsys):
    path = dataset(HEADER + ROW.replace("São Paulo", '"São\nPaulo"') + OTHER.replace("98000.5", "x"))
    built(path)
    assert f"{path}:4: 'x' is not an amount" in capsys.readouterr().err


def test_semicolons_a_byte_order_mark_and_other_countries_are_read(dataset):
    path = dataset("\ufeffcargo;salary;moeda\nDev;1.234,56;clp\n")
    (row,) = built(path, country="Chile")
    assert (row["role"], row["total_compensation"], row["country"]) == ("dev", "1234.56", "Chile")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no column for role"),
        (b"a,b\n1,2\n", "no column for role"),
        (HEADER.encode(), "no usable row"),
        (HEADER.encode() + b"\xff\xfe\n", "cannot be read"),
        (HEADER.encode() + ROW.encode() + b'"never closed\n', "cannot be read"),
    ],
)
def test_a_bad_file_leaves_the_old_dataset_as_it_is(tmp_path, content, reason):
    (tmp_path / "bad.csv").write_bytes(content)
    output = tmp_path / "out" / "built.csv"
    output.parent.mkdir()
    output.write_text("old")
    with pytest.raises(CommandError, match=reason):
        call_command("build_salary_dataset", input_dir=tmp_path, output=output)
    assert [path.read_text() for path in output.parent.iterdir()] == ["old"]


# --- load_salary_dataset ---------------------------------------------------------------------------------------------


def test_loading_twice_gives_the_same_rows(loaded):
    loaded(HEADER + ROW + OTHER)
    first = rows()
    loaded(HEADER + ROW + OTHER)
    assert rows() == first
    assert len(first) == 2
    assert sorted(SalaryCell.objects.values_list("role", "observations")) == [
        ("data_scientist", 1),
        ("software_engineer", 1),
    ]


def test_appending_the_same_file_adds_nothing(loaded):
    loaded(HEADER + ROW + OTHER)
    loaded(HEADER + ROW + OTHER, append=True)
    assert SalaryObservation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_appending_keeps_what_is_there_and_refreshes_the_answers(loaded, client):
    loaded(HEADER + ROW)
    client.get("/api/filters/")
    loaded(HEADER + OTHER, append=True)
    assert SalaryRoleAggregate.objects.count() == 2
    assert client.get("/api/filters/").json()["roles"] == ["data_scientist", "software_engineer"]


def test_loading_replaces_what_was_there(loaded):
    loaded(HEADER + ROW)
    loaded(HEADER + OTHER)
    assert [row.role for row in SalaryObservation.objects.all()] == ["data_scientist"]
    assert [aggregate.role for aggregate in SalaryRoleAggregate.objects.all()] == ["data_scientist"]


def test_a_bad_row_is_reported_and_the_rest_is_loaded(db, dataset, capsys):
    path = dataset(HEADER + ROW + OTHER.replace("98000.5", "lots") + OTHER)
    call_command("load_salary_dataset", input=path)
    captured = capsys.readouterr()
    assert f"{path}:3: 'lots' is not an amount" in captured.err
    assert "2 rows read, 2 added, 0 already there, 1 bad; 2 roles" in captured.out


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", HEADER.encode(), HEADER.encode() + ROW.encode() + b"\xff"])
def test_a_bad_file_changes_nothing(loaded, tmp_path, content):
    loaded(HEADER + OTHER)
    before = rows(), list(SalaryRoleAggregate.objects.values_list())
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("load_salary_dataset", input=tmp_path / "bad.csv")
    assert (rows(), list(SalaryRoleAggregate.objects.values_list())) == before


def test_what_is_built_can_be_loaded_and_amounts_stay_exact(db, dataset):
    path = dataset(HEADER + ROW)
    built(path)
    call_command("load_salary_dataset", input=path.parent / "built.csv")
    row = SalaryObservation.objects.get()
    assert (row.base_salary_min, row.total_compensation) == (Decimal("100000.50"), Decimal("130000.00"))


def test_a_missing_file_says_what_to_run_first(db, tmp_path):
    with pytest.raises(CommandError, match="run build_salary_dataset first"):
        call_command("load_salary_dataset", input=tmp_path / "none.csv")


def test_the_sample_data_is_what_the_commands_make_of_its_source(tmp_path):
    call_command("generate_salary_dataset", rows=1200, output=tmp_path / "source.csv")
    assert (tmp_path / "source.csv").read_bytes() == (settings.BASE_DIR / "data/sample_source.csv").read_bytes()
    call_command("build_salary_dataset", input_dir=tmp_path, output=tmp_path / "built.csv")
    assert (tmp_path / "built.csv").read_bytes() == settings.SALARY_DATASET.read_bytes()


# --- fetch_salary_sources --------------------------------------------------------------------------------------------


def fetch(tmp_path: Path, entries: object, **options) -> None:
    config = tmp_path / "sources.json"
    config.write_text(json.dumps(entries))
    call_command("fetch_salary_sources", config=config, output_dir=tmp_path / "raw", **options)


def test_fetching_copies_files_named_by_address_or_relative_to_the_list(tmp_path):
    (tmp_path / "here.csv").write_text("data")
    fetch(
        tmp_path,
        [
            {"name": "one", "url": "here.csv", "dest": "external/one.csv"},
            {"name": "two", "url": (tmp_path / "here.csv").as_uri(), "dest": "two.csv", "headers": {}},
        ],
    )
    assert (tmp_path / "raw/external/one.csv").read_text() == (tmp_path / "raw/two.csv").read_text() == "data"


def test_fetching_goes_on_after_a_source_that_fails_and_fails_in_the_end(tmp_path, capsys):
    (tmp_path / "here.csv").write_text("data")
    with pytest.raises(CommandError, match="1 of 2 sources could not be fetched"):
        fetch(
            tmp_path,
            [
                {"name": "gone", "url": "gone.csv", "dest": "a.csv"},
                {"name": "here", "url": "here.csv", "dest": "b.csv"},
            ],
        )
    assert "gone: cannot be fetched" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["b.csv"]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({}, "is not a list"),
        ([{"name": "x"}], "entry 1: needs the texts name, url and dest"),
        ([{"name": "x", "url": "a", "dest": "../up.csv"}], "must be a path below the output directory"),
        ([{"name": "x", "url": "a", "dest": "/etc/passwd"}], "must be a path below the output directory"),
        ([{"name": "x", "url": "http://a/b", "dest": "b"}], "url must be https://"),
        ([{"name": "x", "url": "a", "dest": "b", "header": {}}], "does not know header"),
        ([{"name": "x", "url": "a", "dest": "b", "headers": {"a": 1}}], "headers must be an object of texts"),
    ],
)
def test_a_wrong_list_of_sources_says_what_is_wrong(tmp_path, entries, reason):
    with pytest.raises(CommandError, match=reason):
        fetch(tmp_path, entries)


# --- export_dashboard ------------------------------------------------------------------------------------------------


def test_the_exported_dashboard_is_whole_and_asks_the_api_it_is_told(tmp_path):
    call_command("export_dashboard", output_dir=tmp_path, api_url="https://api.example.com/api")
    page = (tmp_path / "index.html").read_text()
    assert 'content="https://api.example.com/api/"' in page
    assert "connect-src https://api.example.com;" in page
    for name in ("dashboard.css", "dashboard.js", "charts.js", "favicon.svg"):
        assert (tmp_path / name).is_file()
        assert f'"{name}"' in page
    assert "/static/" not in page


def test_the_exported_page_takes_nothing_from_elsewhere_and_runs_no_inline_script(tmp_path):
    call_command("export_dashboard", output_dir=tmp_path, filename="salaries.html")
    everything = "".join(path.read_text() for path in tmp_path.iterdir())
    page = (tmp_path / "salaries.html").read_text()
    assert "<script>" not in page
    assert "style=" not in page
    assert "innerHTML" not in everything
    assert "https://" not in everything.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    "options", [{"api_url": "api.example.com"}, {"api_url": "ftp://x/"}, {"filename": "../x.html"}]
)
def test_wrong_options_of_the_export_are_refused(tmp_path, options):
    with pytest.raises(CommandError):
        call_command("export_dashboard", output_dir=tmp_path, **options)


def test_a_progress_bar_is_drawn_on_a_terminal_only(tmp_path):
    script = (
        "import io, sys; from salaries.files import Progress\n"
        "class Terminal(io.StringIO):\n    isatty = lambda self: True\n"
        "for stream in (Terminal(), io.StringIO()):\n"
        "    with Progress(10, 'load', stream) as bar: bar.at(5); bar.at(10)\n"
        "    print(repr(stream.getvalue()))"
    )
    shown, hidden = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=settings.BASE_DIR
    ).stdout.splitlines()
    assert "load [##############################] 100%" in shown
    assert hidden == "''"
