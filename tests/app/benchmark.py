"""A million rows: how much memory and time the commands take, how queries are planned, what an answer costs.

    python tests/app/benchmark.py [rows]

Figures of one machine mean little on another; so the memory is a bound, the plans are read for sequential scans, and an
answer's time is a ratio to that of an endpoint that does nothing (/hello/), measured in the same run.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import load
import production
import servers

FILTERED = [
    "/api/salaries/?role=data_engineer&state=sp",
    "/api/salaries/?role=data_engineer&level=senior&currency=BRL",
    "/api/salaries/?role=qa_analyst&country=brazil&state=RJ&work_model=remoto",
    "/api/salaries/insights/?role=data_engineer&state=SP&level=pleno",
    "/api/salaries/insights/?role=qa_analyst&location=recife",
]
WHOLE = ["/api/salaries/?role=data_engineer", "/api/salaries/insights/?role=qa_analyst", "/api/filters/",
         "/api/salaries/comparison/?roles=data_engineer,qa_analyst", "/api/observations/"]  # fmt: skip

PLANS = """
from django.db import connection
from salaries.models import SalaryObservation as O
with connection.cursor() as cursor:
    cursor.execute('ANALYZE salaries_salaryobservation')
for filters in (
    dict(role='data_engineer', state='SP'),
    dict(role='data_engineer', country='Brazil', state='SP', work_model='remoto'),
    dict(role='data_engineer', level='senior', currency='BRL'),
    dict(role='qa_analyst', location='Recife'),
):
    from django.db.models import Count, Sum
    rows = O.objects.filter(**filters).order_by().values('currency').annotate(n=Count('pk'), s=Sum('total_compensation'))
    print('---', filters)
    print(rows.explain(analyze=True))
print('--- page')
print(O.objects.order_by('-id')[:21].explain(analyze=True))
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
        }
        raw, dataset = Path(name) / "raw" / "rows.csv", Path(name) / "dataset.csv"
        manage(variables, "migrate", "-v0")
        manage(variables, "generate_salary_dataset", "--rows", str(rows), "--output", str(raw))
        manage(variables, "build_salary_dataset", "--input-dir", str(raw.parent), "--output", str(dataset))
        manage(variables, "load_salary_dataset", "--input", str(dataset))
        manage(variables, "load_salary_dataset", "--input", str(dataset), "--append")
        plans = production.manage("shell", "-v0", "-c", PLANS, variables=variables)
        print(plans.stdout, plans.stderr)
        print("sequential scans:", len(re.findall("Seq Scan", plans.stdout)))
        with production.gunicorn(variables) as port:
            load.run(port, ["/hello/", *FILTERED, *WHOLE], seconds=3, threads=4)  # warm
            bare = load.run(port, ["/hello/"], seconds=6, threads=4).percentile(0.95)
            print(f"bare endpoint: p95 {bare:.1f} ms")
            for title, paths in (("whole roles", WHOLE), ("with filters", FILTERED)):
                outcome = load.run(port, paths, seconds=10, threads=4)
                print(
                    f"{title}: {len(outcome.milliseconds)} answers, {len(outcome.wrong)} wrong, p50 "
                    f"{outcome.percentile(0.5):.1f} ms, p95 {outcome.percentile(0.95):.1f} ms, "
                    f"ratio of p95 {outcome.percentile(0.95) / bare:.1f}"
                )
            for path in (*WHOLE, *FILTERED):
                started = time.perf_counter()
                status, body = load.fetch(port, path)
                print(f"  {status} {(time.perf_counter() - started) * 1000:7.1f} ms {len(body):7} bytes {path}")


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
