-- A database that comes with data: what its owner of before has belongs to whoever migrates.
\getenv former DATABASE_FORMER_OWNER
SELECT 'CREATE ROLE migrator_role NOLOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'migrator_role') \gexec
GRANT migrator_role TO :"USER";
-- For this transaction alone: the membership may lead to rds_iam, and then the master user could not sign in.
GRANT :"former" TO :"USER";
REASSIGN OWNED BY :"former" TO migrator_role;
REVOKE :"former" FROM :"USER";

