-- Run once by psql as superuser in the database `research`; passwords come from the environment of the container.
\getenv research_password RESEARCH_PASSWORD
\getenv oncall_password ONCALL_PASSWORD

CREATE ROLE research LOGIN PASSWORD :'research_password';
GRANT CREATE, USAGE ON SCHEMA public TO research;

-- On call: sees everything, may end other sessions, and has slots of its own when all others are taken.
CREATE ROLE oncall LOGIN PASSWORD :'oncall_password';
GRANT pg_monitor, pg_read_all_data, pg_signal_backend, pg_use_reserved_connections TO oncall;
