"""What keeps a job from running twice at a time: neither EventBridge Scheduler nor ECS can refuse that.

A process of the project's own connects to its default database, which the guard has proved to be PostgreSQL, takes an
advisory lock of its session, and runs the job as long as it has it: docs/adr/0024-more-processes.md
"""

from __future__ import annotations

from collections.abc import Sequence

from stacks.config.application_inputs import ApplicationInputs

_PROGRAM = """
import signal
import subprocess
from django.db import connections

connection = connections["default"]
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", ["job:" + name])
    (is_free,) = cursor.fetchone()
if not is_free:
    raise SystemExit("lock: %s runs already: this one was not started" % name)
process, received = None, []
def pass_on(number, _frame):
    received.append(number)
    if process:
        process.send_signal(number)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, pass_on)
process = subprocess.Popen(command)
for number in received:
    process.send_signal(number)
while process.returncode is None:
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Exception as error:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
            raise SystemExit("lock: %s lost the connection that held its lock, and was stopped: %s" % (name, error))
raise SystemExit(process.returncode if process.returncode >= 0 else 128 - process.returncode)
""".strip()


def locked(application: ApplicationInputs, name: str, command: Sequence[str]) -> tuple[str, ...]:
    """The command that runs a job's where no other one of its name runs, and ends with its exit code; else with 1.

    It is for no entry point of the job, which is a part of `command`: that may run commands of Django alone.
    """
    program = f"name = {name!r}\ncommand = {[*command]!r}\n{_PROGRAM}"
    return (*application.manage, "shell", "--verbosity", "0", "--command", program)
