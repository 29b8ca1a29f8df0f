"""The least-privilege roles of the database, created by its master user and by nobody else.

    readonly_role   reads
    writer_role     reads and writes rows
    migrator_role   owns the tables, so that it alone changes them
    <application>   logs in by IAM token, is a member of writer_role
    <migration>     logs in by IAM token and acts as migrator_role

Traps that shape this:

- A member of rds_iam can log in by token only, and membership is inherited. Default privileges can be set only for a
  role that one is a member of. So the master user must be able to become the role that owns the tables, and that role
  must not be in rds_iam: owner and login are two roles, else the master user locks itself out.
  https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html
- A grant on all tables covers those that exist; what a later migration makes is covered by default privileges alone.
- PostgreSQL has no CREATE ROLE IF NOT EXISTS, and no ALTER or DROP privilege on a schema: changing a table is its
  owner's right.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Composable, Identifier

# For a transaction alone: membership in the former owner may lead to rds_iam, and lock the master user out.
_REASSIGN = ("GRANT {former} TO {master}", "REASSIGN OWNED BY {former} TO {owner}", "REVOKE {former} FROM {master}")
READER, WRITER, OWNER = "readonly_role", "writer_role", "migrator_role"


def statements(
    *,
    database: str,
    master: str,
    application_user: str,
    migration_user: str,
    existing_roles: set[str],
    objects_of_master: list[tuple[str, str]],
    iam: bool,
    former_owner: str = "",
) -> Iterator[Composable]:
    """All that must be true, to run in one transaction; running it again changes nothing.

    `objects_of_master` are (kind, name) of what the master user owns in the schema `public`, from a time before the
    roles: the owner must have them, else no migration can change them. All that `former_owner` owns, as in a database
    that was restored from elsewhere, becomes the owner's too.
    """
    groups, logins = (READER, WRITER, OWNER), (application_user, migration_user)
    for role in groups:
        if role not in existing_roles:
            yield SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role))
    for role in logins:
        if role not in existing_roles:
            yield SQL("CREATE ROLE {} LOGIN").format(Identifier(role))
        if iam:
            yield SQL("GRANT rds_iam TO {}").format(Identifier(role))

    names = {
        "database": Identifier(database),
        "master": Identifier(master),
        "application": Identifier(application_user),
        "migration": Identifier(migration_user),
        "reader": Identifier(READER),
        "writer": Identifier(WRITER),
        "owner": Identifier(OWNER),
        "former": Identifier(former_owner),
    }
    for text in (
        "GRANT {writer} TO {application}",
        "GRANT {owner} TO {migration}",
        # What a migration creates belongs to the role, not to the login, so that the grants below hold for it.
        "ALTER ROLE {migration} IN DATABASE {database} SET role = {owner}",
        "GRANT {owner} TO {master}",
        *(_REASSIGN if former_owner else ()),
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {reader}, {writer}, {owner}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {reader}, {writer}",
        "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
    ):
        yield SQL(text).format(**names)

    for kind, name in objects_of_master:
        yield SQL(f"ALTER {kind} public.{{}} OWNER TO {{owner}}").format(Identifier(name), owner=Identifier(OWNER))

    yield SQL("SET LOCAL ROLE {owner}").format(**names)
    for text in (
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {writer}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {writer}",
    ):
        yield SQL(text).format(**names)
    for grant in (
        "GRANT SELECT ON TABLES TO {reader}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {writer}",
        "GRANT USAGE, SELECT ON SEQUENCES TO {writer}",
    ):
        yield SQL(f"ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} IN SCHEMA public {grant}").format(**names)
    yield SQL("RESET ROLE")
