"""A million rows: how much memory and time the commands take, how queries are planned, what an answer costs.

    python tests/app/benchmark.py [rows]

Figures of one machine mean little on another; so the memory is a bound, the plans are read for sequential scans, and an
answer's time is a ratio to that of an endpoint that does nothing (/hello/), measured in the same run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import load
import production
import servers

ROLES = ("software_engineer", "data_engineer", "data_scientist", "devops_engineer", "cloud_architect",
         "product_manager", "product_designer", "security_engineer", "engenheiro_de_machine_learning")  # fmt: skip
ROLE, OTHER_ROLE = "data_engineer", "qa_analyst"
ENDPOINTS = (f"/api/salaries/?role={ROLE}", f"/api/salaries/insights/?role={ROLE}",
             f"/api/salaries/comparison/?roles={ROLE},{OTHER_ROLE}")  # fmt: skip
FILTERS = ("state=sp", "location=recife", "country=brazil", "level=senior", "currency=BRL", "work_model=remoto",
           "level=senior&currency=BRL", "state=SP&level=pleno", "country=brazil&state=RJ&work_model=remoto")  # fmt: skip
FILTERED = [f"{endpoint}&{filters}" for endpoint in ENDPOINTS for filters in FILTERS]
WHOLE = [*ENDPOINTS, "/api/filters/", "/api/observations/"]

PLANS = """
import json, re, sys
from django.db import connection
from django.test import Client

with connection.cursor() as cursor:
    cursor.execute("ANALYZE salaries_salaryobservation")

def explain(execute, sql, params, many, context):
    if sql.lstrip("(").startswith("SELECT") and ("salaries_salaryobservation" in sql or "salaries_salarycell" in sql):
        with connection.connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE) " + sql, params)
            plans.append("\\n".join(line for (line,) in cursor.fetchall()))
    return execute(sql, params, many, context)

for path in json.loads(sys.argv[-1]):
    plans = []
    with connection.execute_wrapper(explain):
        status = Client().get(path, headers={"Host": "api.example.com"}, secure=True).status_code
    print("---", status, path)
    for plan in plans:
        nodes = re.findall(r"(?:->  )?((?:Parallel )?(?:Seq|Index|Bitmap)[ A-Za-z]* (?:on|using) [a-z_]+)", plan)
        print("   ", re.search(r"Execution Time: (.*)", plan)[1].rjust(12), ", ".join(nodes))
        if "Seq Scan on salaries_salaryobservation" in plan:
            print(plan)
"""


def main(rows: int) -> None:
    servers.stop_with_this_process()
    with servers.postgresql() as database, servers.redis() as redis, tempfile.TemporaryDirectory() as name:
        os.environ |= {
            "TEST_POSTGRESQL_DIRECTORY": str(database.directory),
            "DATABASE_PORT": str(database.port),
            "TEST_REDIS_TLS_PORT": str(redis.tls_port),
            "TEST_REDIS_CA": str(redis.ca),
        }
        variables = production.on_this_machine() | {
            "API_THROTTLE_ANON": "100000000/hour",
            "API_THROTTLE_USER": "100000000/hour",  # counts anonymous askers too
            "LOG_LEVEL": "WARNING",
            "GUNICORN_LOG_LEVEL": "warning",
        }
        raw, dataset = Path(name) / "raw" / "rows.csv", Path(name) / "dataset.csv"
        manage(variables, "migrate", "-v0")
        manage(variables, "generate_salary_dataset", "--rows", str(rows), "--output", str(raw))
        manage(variables, "build_salary_dataset", "--input-dir", str(raw.parent), "--output", str(dataset))
        manage(variables, "load_salary_dataset", "--input", str(dataset))
        manage(variables, "load_salary_dataset", "--input", str(dataset), "--append")
        plans = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup(){PLANS}", json.dumps([*WHOLE, *FILTERED])],
            cwd=production.APP, env=production.environment(variables), capture_output=True, text=True,
        )  # fmt: skip
        print(plans.stdout, plans.stderr)
        print("sequential scans over the observations:", plans.stdout.count("Seq Scan on salaries_salaryobservation"))
        roles = [path.replace(ROLE, role) for path in FILTERED for role in ROLES]
        with production.gunicorn(variables) as port:
            load.run(port, ["/hello/", *WHOLE], seconds=3, threads=4)  # warm
            bare = load.run(port, ["/hello/"], seconds=6, threads=4).percentile(0.95)
            print(f"bare endpoint: p95 {bare:.1f} ms")
            forget(variables)
            for title, paths, seconds in (
                ("whole roles", WHOLE, 10),
                ("with filters, all for the first time", roles, None),
                ("with filters, again and again", FILTERED, 10),
            ):
                outcome = load.run(port, paths, seconds=seconds, threads=4)
                print(
                    f"{title}: {len(outcome.milliseconds)} answers, {len(outcome.wrong)} wrong, p50 "
                    f"{outcome.percentile(0.5):.1f} ms, p95 {outcome.percentile(0.95):.1f} ms, "
                    f"ratio of p95 {outcome.percentile(0.95) / bare:.1f}"
                )
            print("one by one, first and second time:")
            forget(variables)
            for path in (*WHOLE, *FILTERED):
                first, second = milliseconds(port, path), milliseconds(port, path)
                print(f"  {first:7.1f} {second:7.1f} ms {path}")


def forget(variables: dict[str, str]) -> None:
    """The answers that the plans have left in the cache."""
    code = "from django.core.cache import cache; cache.clear()"
    assert production.manage("shell", "-v0", "-c", code, variables=variables).returncode == 0


def milliseconds(port: int, path: str) -> float:
    started = time.perf_counter()
    assert load.fetch(port, path)[0] == 200
    return (time.perf_counter() - started) * 1000


def manage(variables: dict[str, str], *arguments: str) -> None:
    """Runs a command and prints its time and the most memory that it had."""
    started = time.monotonic()
    script = (
        "import resource, subprocess, sys\n"
        "code = subprocess.call([sys.executable, 'manage.py', *sys.argv[1:]])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
        "raise SystemExit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=production.APP, env=production.environment(variables), capture_output=True, text=True,
    )  # fmt: skip
    *said, megabytes = done.stdout.strip().splitlines()
    print(
        f"{arguments[0]}: {time.monotonic() - started:.0f} s, {megabytes} MB",
        *said[-1:],
        done.stderr[-500:],
        sep="\n  ",
    )
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
