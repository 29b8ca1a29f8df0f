"""Tokens of IAM for projects that sign none: a sidecar keeps one in the password file that libpq reads.

libpq, and with it psycopg, looks it up at each new connection that is given no password. The sidecar is of the
application's image and user, so that the file is for its owner alone, as libpq demands, and needs nothing but Python
itself: docs/adr/0027-tokens-without-code.md
"""

from __future__ import annotations

from modules.task_definition.application import Sidecar, TaskEnvironment
from modules.task_definition.sidecar_inputs import SidecarHealthCheckInputs
from stacks.config.application_inputs import TOKEN_FILE, TOKEN_FILE_DIRECTORY

FILE = f"{TOKEN_FILE_DIRECTORY}/pgpass"

# A token is good for 15 minutes. The request that it is made of:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
PROGRAM = r"""
import datetime, hashlib, hmac, http.client, json, os, sys, time
from urllib.parse import quote, urlencode, urlsplit

host, port, user = (os.environ["DATABASE_" + name] for name in ("HOST", "PORT", "USER"))
region, path, renewal = (os.environ[name] for name in ("AWS_REGION", "PGPASSFILE", "RENEWAL_SECONDS"))

def credentials():
    url = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    url = urlsplit(url or "http://169.254.170.2" + os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
    connection = http.client.HTTPConnection(url.netloc, timeout=5)
    try:
        connection.request("GET", url.path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError("ECS answers %d for the credentials of the role" % answer.status)
        return json.load(answer)
    finally:
        connection.close()

def token(role):
    now = datetime.datetime.now(datetime.timezone.utc)
    scope = "%s/%s/rds-db/aws4_request" % (now.strftime("%Y%m%d"), region)
    query = {
        "Action": "connect", "DBUser": user, "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": role["AccessKeyId"] + "/" + scope, "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-Expires": "900", "X-Amz-SignedHeaders": "host",
    }
    if role.get("Token"):
        query["X-Amz-Security-Token"] = role["Token"]
    asked = urlencode(sorted(query.items()), quote_via=quote, safe="")
    hashed = lambda text: hashlib.sha256(text.encode()).hexdigest()
    request = "GET\n/\n%s\nhost:%s:%s\n\nhost\n%s" % (asked, host, port, hashed(""))
    text = "AWS4-HMAC-SHA256\n%s\n%s\n%s" % (query["X-Amz-Date"], scope, hashed(request))
    key = ("AWS4" + role["SecretAccessKey"]).encode()
    for part in scope.split("/") + [text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return "%s:%s/?%s&X-Amz-Signature=%s" % (host, port, asked, key.hex())

def write(password):
    file = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as stream:
        stream.write("%s:%s:*:%s:%s\n" % (host, port, user, password.replace("\\", "\\\\").replace(":", "\\:")))
    os.replace(path + ".new", path)

written = time.monotonic()
while True:
    try:
        write(token(credentials()))
        written, pause = time.monotonic(), float(renewal)
    except Exception as error:
        said = "token-file: %s is not renewed: %s: %s" % (path, type(error).__name__, error)
        print(said, file=sys.stderr, flush=True)
        pause = 5
        if time.monotonic() - written > 900 and os.path.exists(path):
            os.remove(path)
    time.sleep(pause)
""".strip()
"""Replaces the file every RENEWAL_SECONDS. Without a token that is valid there is none: the container is unhealthy."""


def token_file(*, host: str, port: str, user: str, region: str) -> TaskEnvironment:
    """The variable that names the file, and the sidecar that writes it before the application starts.

    https://www.postgresql.org/docs/current/libpq-pgpass.html
    """
    volumes = {TOKEN_FILE: TOKEN_FILE_DIRECTORY}
    sidecar = Sidecar(
        name=TOKEN_FILE,
        # Neither variables for Python nor packages of the image have a part in it.
        entry_point=("python", "-IS", "-c"),
        command=(PROGRAM,),
        variables={
            "DATABASE_HOST": host,
            "DATABASE_PORT": port,
            "DATABASE_USER": user,
            "AWS_REGION": region,
            "PGPASSFILE": FILE,
            "RENEWAL_SECONDS": "300",
        },
        volumes=volumes,
        starts_first=True,
        health_check=SidecarHealthCheckInputs(
            command=("test", "-s", FILE), interval_seconds=5, timeout_seconds=2, start_seconds=30
        ),
    )
    return TaskEnvironment(variables={"PGPASSFILE": FILE}, volumes=volumes, sidecars=[sidecar])
