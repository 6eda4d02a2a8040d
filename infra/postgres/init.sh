#!/usr/bin/env bash
# Run once by the postgres image on an empty volume: the database, one login per service that owns nothing and may
# bypass nothing, and one login that migrates. Passwords come from the environment; a missing one stops the start.
# With SERVICE=<name> it makes that service's login alone, in a database that is older than the service.
set -euo pipefail

sql() { psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$1" "${@:2}"; }

if [ -z "${SERVICE:-}" ]; then
  : "${POSTGRES_MIGRATOR_PASSWORD:?}" "${POSTGRES_KEYCLOAK_PASSWORD:?}"
  sql postgres -v migrator="$POSTGRES_MIGRATOR_PASSWORD" -v keycloak="$POSTGRES_KEYCLOAK_PASSWORD" <<'SQL'
create role munjigi_migrator login nosuperuser nobypassrls password :'migrator';
create role keycloak login nosuperuser nobypassrls password :'keycloak';
create database munjigi owner munjigi_migrator;
create database keycloak owner keycloak;
revoke all on database munjigi, keycloak from public;
SQL
  # By set_config an injected expression could say for itself whose rows its statement sees; migrations say so openly.
  sql munjigi <<'SQL'
revoke create on schema public from public;
revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
grant execute on function pg_catalog.set_config(text, text, boolean) to munjigi_migrator;
SQL
fi

for service in ${SERVICE:-user meal case trace chatbot session-station}; do
  name="${service//-/_}"
  variable="POSTGRES_${name^^}_PASSWORD"
  sql postgres -v password="${!variable:?}" -v login="munjigi_$name" -v serving="${name}_serving" <<'SQL'
create role :"serving" nologin nosuperuser nobypassrls;
create role :"login" login noinherit nosuperuser nobypassrls in role :"serving" password :'password';
grant connect on database munjigi to :"login";
SQL
done
