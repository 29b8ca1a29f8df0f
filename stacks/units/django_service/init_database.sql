-- The roles of least privilege, made by the master user as often as one likes: by psql, in one transaction.
--
--     readonly_role   reads
--     writer_role     reads and writes rows
--     migrator_role   owns the tables, so that it alone changes them
--     <application>   signs in, is a member of writer_role
--     <migration>     signs in, and acts as migrator_role
--
-- The owner is not the user who migrates: the master user must be able to become it, and a member of rds_iam signs in
-- by token alone.
\getenv application DATABASE_APP_USER
\getenv migration DATABASE_MIGRATION_USER
\getenv authentication DATABASE_AUTHENTICATION
SELECT :'authentication' = 'password' AS by_password \gset

SELECT format('CREATE ROLE %I NOLOGIN', name)
FROM unnest(ARRAY['readonly_role', 'writer_role', 'migrator_role']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY[:'application', :'migration']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

\if :by_password
    SELECT format('REVOKE rds_iam FROM %I', r.rolname)
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE m.roleid = to_regrole('rds_iam') AND r.rolname IN (:'application', :'migration') \gexec
    -- psql hashes what it reads from its input, so that no statement, which the server may log, has a password.
    \password :application
    \password :migration
\else
    ALTER ROLE :"application" PASSWORD NULL;
    ALTER ROLE :"migration" PASSWORD NULL;
    GRANT rds_iam TO :"application", :"migration";
\endif

GRANT writer_role TO :"application";
GRANT migrator_role TO :"migration";
-- What a migration creates belongs to the role, not to the user, so that the grants below hold for it.
ALTER ROLE :"migration" IN DATABASE :"DBNAME" SET role = migrator_role;
GRANT migrator_role TO :"USER";
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO readonly_role, writer_role, migrator_role;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO readonly_role, writer_role;
GRANT USAGE, CREATE ON SCHEMA public TO migrator_role;

-- What the master user owns from a time before the roles. A sequence of a column goes with its table.
SELECT format(
    'ALTER %s public.%I OWNER TO migrator_role',
    CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
    c.relname
)
FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
WHERE c.relnamespace = 'public'::regnamespace AND r.rolname = current_user AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass AND c.relkind = 'S'
) \gexec

-- Grants on all tables cover those that exist, and default privileges what a migration creates.
SET LOCAL ROLE migrator_role;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO readonly_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer_role;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO writer_role;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator_role IN SCHEMA public GRANT SELECT ON TABLES TO readonly_role;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator_role IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO writer_role;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator_role IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO writer_role;
RESET ROLE;

\echo :DBNAME: :application may read and write rows, :migration may migrate
