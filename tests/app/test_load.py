"""Under load, with the database restarted in the middle."""

import json
import threading
import time

import pytest

import load
import production

PATHS = [
    "/api/salaries/?role=data_engineer",
    "/api/salaries/?role=data_engineer&state=SP",
    "/api/salaries/insights/?role=qa_analyst&level=senior",
    "/api/salaries/comparison/?roles=data_engineer,qa_analyst",
    "/api/observations/",
    "/api/filters/",
    "/hello/",
]


@pytest.mark.real
def test_a_restart_of_the_database_gives_no_wrong_answer_is_said_and_passes(postgresql):
    variables = production.on_this_machine() | {
        "API_THROTTLE_ANON": "1000000/hour",
        "API_THROTTLE_USER": "1000000/hour",
    }
    assert production.manage("migrate", "--noinput", variables=variables).returncode == 0
    sample = str(production.APP / "data" / "tech_salaries_sample.csv")
    assert production.manage("load_salary_dataset", "--input", sample, variables=variables).returncode == 0

    with production.gunicorn(variables) as port:
        right = {path: load.fetch(port, path) for path in PATHS}
        assert {status for status, _ in right.values()} == {200}
        said: list[dict[str, bool]] = []
        refused, over = threading.Event(), threading.Event()

        def checks() -> dict[str, bool]:
            found: dict[str, bool] = json.loads(load.fetch(port, "/health/ready/", timeout=60)[1])["checks"]
            return found

        def judge(path: str, status: int, body: bytes) -> str | None:
            if (status, body) == right[path]:
                return None
            if status == 503 and b"does not answer" in body:
                refused.set()
                return None
            return f"{status} {body[:80]!r}"

        def restart() -> None:
            time.sleep(3)
            postgresql.stop()
            try:
                refused.wait(load.PATIENCE_SECONDS)
                end = time.monotonic() + load.PATIENCE_SECONDS  # what readiness has found is remembered for seconds
                while checks()["database"] and time.monotonic() < end:
                    time.sleep(0.1)
                said.append(checks())
                said.append({"live": load.fetch(port, "/health/live/", timeout=60)[0] == 200})
            finally:
                postgresql.start()
                time.sleep(3)
                over.set()

        restarting = threading.Thread(target=restart)
        restarting.start()
        outcome = load.run(port, PATHS, until=over, threads=4, judge=judge)
        restarting.join()

        assert outcome.wrong == []
        assert refused.is_set(), "the restart was not noticed: nothing was proven"
        assert outcome.statuses[200] > 20
        assert said[0]["database"] is False and said[0]["cache"] is True
        assert said[1]["live"] is True
        # That the database was away is remembered for seconds, by each process of the server for itself.
        end = time.monotonic() + load.PATIENCE_SECONDS
        while True:
            after = load.run(port, PATHS, seconds=2, threads=4, judge=judge)
            if set(after.statuses) == {200} or time.monotonic() > end:
                break
        assert set(after.statuses) == {200}
        assert load.fetch(port, "/health/ready/")[0] == 200
        print(f"{outcome.statuses}, p95 {outcome.percentile(0.95):.0f} ms; afterwards {after.statuses}")
