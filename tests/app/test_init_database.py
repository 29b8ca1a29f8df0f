"""The database's roles: what each may and may not do, on a real PostgreSQL, set up twice."""

import psycopg
import pytest
from psycopg import sql

import production
import servers

pytestmark = pytest.mark.real

PASSWORD = servers.PASSWORD
LOGINS = ("app_user", "migrator")


@pytest.fixture(scope="module")
def database(postgresql):
    """A database of the master user, as RDS makes it, initialised twice and migrated in between."""
    name = "roles_test"
    postgresql.sql(f"CREATE DATABASE {name} OWNER {servers.MASTER}", database="postgres")
    variables = production.on_this_machine() | {
        "DATABASE_NAME": name,
        "DATABASE_APP_USER": "app_user",
        "DATABASE_MIGRATION_USER": "migrator",
    }
    first = production.manage("init_database", variables=variables)
    assert first.returncode == 0, first.stderr
    # RDS takes a token for a password; here the two users get passwords instead.
    for user in LOGINS:
        postgresql.sql(f"ALTER ROLE {user} PASSWORD '{PASSWORD}'", database="postgres")
    migrated = production.manage("migrate", "--noinput", variables=variables | {"DATABASE_USER": "migrator"})
    assert migrated.returncode == 0, migrated.stderr
    before = snapshot(postgresql, name)
    second = production.manage("init_database", variables=variables)
    assert (second.returncode, second.stdout) == (0, first.stdout), second.stderr
    assert snapshot(postgresql, name) == before, "the second run changed something"
    yield name
    postgresql.sql(f"DROP DATABASE {name} WITH (FORCE)", database="postgres")


def snapshot(postgresql: servers.PostgreSQL, database: str) -> list[str]:
    return [
        postgresql.sql(query, database=database)
        for query in (
            "SELECT oid, rolname, rolcanlogin, rolcreaterole FROM pg_roles ORDER BY oid",
            "SELECT * FROM pg_auth_members ORDER BY roleid, member",
            "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2",
            "SELECT defaclrole, defaclobjtype, defaclacl FROM pg_default_acl ORDER BY 1, 2",
            "SELECT relname, relowner, relacl FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT nspacl FROM pg_namespace WHERE nspname = 'public'",
            "SELECT datname, datacl FROM pg_database ORDER BY datname",
        )
    ]


def connect(postgresql: servers.PostgreSQL, database: str, user: str) -> psycopg.Connection:
    return psycopg.connect(
        host="localhost", port=postgresql.port, dbname=database, user=user, password=PASSWORD,
        sslmode="verify-full", sslrootcert=str(postgresql.ca), autocommit=True,
    )  # fmt: skip


READ = "SELECT count(*) FROM salaries_salaryobservation"
WRITE = (
    "INSERT INTO salaries_salaryroleaggregate (role, summary, insights, generated_at) VALUES ('x', '{}', '{}', now())"
)
CHANGE = "UPDATE salaries_salaryroleaggregate SET role = 'y'"
DELETE = "DELETE FROM salaries_salaryroleaggregate"
NEXT = "SELECT nextval('salaries_salaryroleaggregate_id_seq')"
CREATE_TABLE = "CREATE TABLE anything (id integer)"
ALTER_TABLE = "ALTER TABLE salaries_salaryobservation ADD COLUMN anything integer"
DROP_TABLE = "DROP TABLE salaries_salaryobservation"
TRUNCATE = "TRUNCATE salaries_salaryobservation"
CREATE_SCHEMA = "CREATE SCHEMA anything"
TEMPORARY = "CREATE TEMPORARY TABLE anything (id integer)"
CREATE_ROLE = "CREATE ROLE anything"
CREATE_DATABASE = "CREATE DATABASE anything"
BECOME_OWNER = "SET ROLE migrator_role"
BECOME_MASTER = f"SET ROLE {servers.MASTER}"
EVERYTHING = {
    "read": READ, "write": WRITE, "change": CHANGE, "delete": DELETE, "next value": NEXT,
    "create a table": CREATE_TABLE, "alter a table": ALTER_TABLE, "drop a table": DROP_TABLE, "truncate": TRUNCATE,
    "create a schema": CREATE_SCHEMA, "temporary table": TEMPORARY, "create a role": CREATE_ROLE,
    "become the owner": BECOME_OWNER, "become the master": BECOME_MASTER,
}  # fmt: skip
ALLOWED = {
    "readonly": {"read"},
    "app_user": {"read", "write", "change", "delete", "next value"},
    "migrator": {
        "read", "write", "change", "delete", "next value", "create a table", "alter a table", "drop a table",
        "truncate", "become the owner",
    },
}  # fmt: skip


@pytest.fixture
def reader(postgresql, database):
    """A user of whom nothing is known but the membership in readonly_role."""
    postgresql.sql(f"CREATE ROLE readonly LOGIN PASSWORD '{PASSWORD}' IN ROLE readonly_role", database="postgres")
    yield
    postgresql.sql("DROP ROLE readonly", database="postgres")


@pytest.mark.parametrize("action", EVERYTHING)
@pytest.mark.parametrize("user", ALLOWED)
def test_each_user_may_do_exactly_this(postgresql, database, reader, user, action):
    with connect(postgresql, database, user) as connection:
        connection.autocommit = False
        try:
            connection.execute(EVERYTHING[action])
            allowed = True
        except psycopg.errors.InsufficientPrivilege:
            allowed = False
        finally:
            connection.rollback()
    assert allowed == (action in ALLOWED[user])


def test_a_table_of_a_later_migration_is_covered_at_once(postgresql, database, reader):
    with connect(postgresql, database, "migrator") as migrator:
        migrator.execute("CREATE TABLE later (id bigserial PRIMARY KEY)")
        try:
            with connect(postgresql, database, "app_user") as application:
                application.execute("INSERT INTO later DEFAULT VALUES")
            with connect(postgresql, database, "readonly") as reading:
                assert reading.execute("SELECT count(*) FROM later").fetchone() == (1,)
        finally:
            migrator.execute("DROP TABLE later")


def test_the_users_log_in_by_iam_and_the_master_does_not(postgresql, database):
    members = postgresql.sql(
        "SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'rds_iam', 'MEMBER') AND NOT rolsuper "
        "AND rolname <> 'rds_iam' ORDER BY 1"
    ).split()
    assert members == sorted(LOGINS), "a member of rds_iam, even by another role, cannot use its password any more"


def test_nobody_else_may_connect(postgresql, database):
    postgresql.sql(f"CREATE ROLE stranger LOGIN PASSWORD '{PASSWORD}'", database="postgres")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(postgresql, database, "stranger")
    finally:
        postgresql.sql("DROP ROLE stranger", database="postgres")


def test_what_the_master_made_before_the_roles_can_be_migrated(postgresql, database):
    name = "was_of_master"
    postgresql.sql(f"CREATE DATABASE {name} OWNER {servers.MASTER}", database="postgres")
    try:
        variables = production.on_this_machine() | {"DATABASE_NAME": name}
        assert production.manage("migrate", "--noinput", variables=variables).returncode == 0
        initialised = production.manage("init_database", variables=variables)
        assert initialised.returncode == 0, initialised.stderr
        again = production.manage("migrate", "salaries", "zero", variables=variables | {"DATABASE_USER": "migrator"})
        assert again.returncode == 0, again.stderr
        assert (
            production.manage("migrate", "--noinput", variables=variables | {"DATABASE_USER": "migrator"}).returncode
            == 0
        )
    finally:
        postgresql.sql(f"DROP DATABASE {name} WITH (FORCE)", database="postgres")


def test_what_a_former_owner_has_can_be_migrated_and_another_run_changes_nothing(postgresql):
    name, former = "came_along", "shop"
    postgresql.sql(f"CREATE DATABASE {name} OWNER {servers.MASTER}", database="postgres")
    postgresql.sql(f"CREATE ROLE {former} LOGIN PASSWORD '{PASSWORD}'", database="postgres")
    postgresql.sql(f"GRANT CREATE, USAGE ON SCHEMA public TO {former}", database=name)
    try:
        variables = production.on_this_machine() | {"DATABASE_NAME": name}
        of_former = variables | {"DATABASE_USER": former}
        assert production.manage("migrate", "--noinput", variables=of_former).returncode == 0
        unsaid = production.manage("init_database", variables=variables)
        assert "permission denied" in unsaid.stderr, "the tables are of somebody else"
        variables |= {"DATABASE_FORMER_OWNER": former}
        initialised = production.manage("init_database", variables=variables)
        assert initialised.returncode == 0, initialised.stderr
        before = snapshot(postgresql, name)
        assert production.manage("init_database", variables=variables).returncode == 0
        assert snapshot(postgresql, name) == before
        again = production.manage("migrate", "salaries", "zero", variables=variables | {"DATABASE_USER": "migrator"})
        assert again.returncode == 0, again.stderr
        wrong = production.manage("init_database", variables=variables | {"DATABASE_FORMER_OWNER": "nobody_here"})
        assert "there is no role nobody_here" in wrong.stderr
    finally:
        postgresql.sql(f"DROP DATABASE {name} WITH (FORCE)", database="postgres")
        postgresql.sql(f"DROP ROLE {former}", database="postgres")


def test_names_are_quoted(postgresql):
    users = {"DATABASE_APP_USER": 'app"; DROP TABLE x; --', "DATABASE_MIGRATION_USER": "Migrate Me"}
    postgresql.sql(f"CREATE DATABASE quoted OWNER {servers.MASTER}", database="postgres")
    try:
        variables = production.on_this_machine() | {"DATABASE_NAME": "quoted"} | users
        assert production.manage("init_database", variables=variables).returncode == 0
        assert (
            postgresql.sql("SELECT count(*) FROM pg_roles WHERE rolname IN ('app\"; DROP TABLE x; --', 'Migrate Me')")
            == "2"
        )
    finally:
        postgresql.sql("DROP DATABASE quoted WITH (FORCE)", database="postgres")
        for user in users.values():
            postgresql.sql(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)).as_string(None), database="postgres")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"DATABASE_APP_USER": "same", "DATABASE_MIGRATION_USER": "same"}, "give them two names"),
        ({"DATABASE_APP_USER": servers.MASTER}, "run this as the master user"),
    ],
)
def test_senseless_users_are_refused(changes, reason):
    result = production.manage("init_database", variables=production.on_this_machine() | changes)
    assert result.returncode == 1
    assert reason in result.stderr


def test_a_failure_is_the_commands_failure_and_changes_nothing(postgresql, database):
    """Run by a user who may not: the exit code says so, and no half of it stays."""
    variables = production.on_this_machine() | {
        "DATABASE_NAME": database, "DATABASE_USER": "app_user", "DATABASE_APP_USER": "new_app",
    }  # fmt: skip
    before = snapshot(postgresql, database)
    result = production.manage("init_database", variables=variables)
    assert result.returncode == 1
    assert "nothing was changed" in result.stderr
    assert snapshot(postgresql, database) == before
