-- What a desk's role must be allowed on PostgreSQL: the least with which all but an upgrade works.
--
-- To be run by the owner of the office's tables, once they are there, with the name of a role
-- that may log in:
--
--     psql --set desk=front_desk --file desk_role.sql "$OFFICE"

GRANT USAGE ON SCHEMA public TO :"desk";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"desk";
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO :"desk";

-- History is added to, and never changed.
REVOKE UPDATE, DELETE ON appointment_event FROM :"desk";
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM :"desk";

-- And on what an upgrade by the same owner adds.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"desk";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO :"desk";
