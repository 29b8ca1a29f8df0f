"""The Django application in app/: what each of its processes is, in all environments."""

from stacks.config import ApplicationInputs, BuildInputs, DatabaseInputs, HealthInputs, OneOffTaskInputs, ProcessInputs

APPLICATION = ApplicationInputs(
    settings_module="config.settings.production",
    build=BuildInputs(context=".", dockerfile="app/Dockerfile"),
    server=None,  # config/gunicorn.py reads the platform's variables
    worker=ProcessInputs(command=("celery", "--app", "config", "worker", "--loglevel", "INFO")),
    beat=ProcessInputs(command=("celery", "--app", "config", "beat", "--schedule", "/tmp/celerybeat-schedule")),
    database=DatabaseInputs(authentication="iam", brings_ca_bundle=True),
    init_database=OneOffTaskInputs(command=("python", "manage.py", "init_database")),
    tasks={"check-status": OneOffTaskInputs(command=("python", "manage.py", "check_status"))},
    health=HealthInputs(path="/health/live/", readiness_path="/health/ready/"),
    published_queue="celery",
    image_declares_volumes=True,
    pages=("/dashboard/", "/api/schema/"),
    guard=False,  # its production settings know no other database, and no DEBUG
)
