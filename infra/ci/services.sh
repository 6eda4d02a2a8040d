#!/usr/bin/env bash
# PostgreSQL, Redis and Keycloak for the suites that run on real ones: on ports of their own, with throw-away data.
#   services.sh install   installs what is missing (Debian packages; Keycloak from Maven Central and Schemathesis from PyPI, cached)
#   services.sh start     starts all three, waits until they answer, prints the file of variables to source
#   services.sh stop      ends them and removes their data
set -euo pipefail

KEYCLOAK_VERSION=26.7.3
KEYCLOAK_SHA256=77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47
KEYCLOAK_BUILD_OPTIONS=(--health-enabled=true)
SCHEMATHESIS_VERSION=4.32.5
READY_WITHIN_SECONDS=300

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
realm_file=$root/infra/keycloak/munjigi-realm.json
cache=${XDG_CACHE_HOME:-$HOME/.cache}/munjigi
archive=$cache/keycloak-$KEYCLOAK_VERSION.tar.gz
# Keycloak writes these classes at its first start, half a minute's work that depends on version and build options alone.
augmented=$cache/keycloak-$KEYCLOAK_VERSION-augmented-$(cksum <<<"${KEYCLOAK_BUILD_OPTIONS[*]}" | cut -d' ' -f1)
# A virtual environment, which knows its own path and so is made where it stays.
schemathesis=$cache/schemathesis-$SCHEMATHESIS_VERSION
# One set per user and checkout.
state=${TMPDIR:-/tmp}/munjigi-ci-$(id -u)-$(cksum <<<"$root" | cut -d' ' -f1)
environment=$state/environment

say() { echo "services: $*" >&2; }
fail() { say "$*"; exit 1; }
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
postgres_bin() { find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1; }

java_is_new_enough() {
  local major
  major=$(java -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p')
  [ "${major:-0}" -ge 17 ]
}

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  fail "found no free port between 20000 and 32000"
}

install_packages() {
  local missing=()
  [ -n "$(postgres_bin)" ] || missing+=(postgresql)
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v curl >/dev/null || missing+=(curl)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v python3 >/dev/null || missing+=(python3)
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  java_is_new_enough || missing+=(default-jre-headless)
  [ -f "$archive" ] || command -v mvn >/dev/null || missing+=(maven)
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  as_root apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

fetch_keycloak() {
  [ -f "$archive" ] && return
  say "fetching Keycloak $KEYCLOAK_VERSION from Maven Central"
  mkdir -p "$cache"
  local draft
  draft=$(mktemp -d "$cache/fetch.XXXXXX")
  mvn -q dependency:copy "-Dartifact=org.keycloak:keycloak-quarkus-dist:$KEYCLOAK_VERSION:tar.gz" "-DoutputDirectory=$draft" >&2
  echo "$KEYCLOAK_SHA256  $draft/keycloak-quarkus-dist-$KEYCLOAK_VERSION.tar.gz" | sha256sum --check --quiet >&2 ||
    fail "the archive is not the one this script knows"
  mv "$draft/keycloak-quarkus-dist-$KEYCLOAK_VERSION.tar.gz" "$archive"
  rmdir "$draft"
}

fetch_schemathesis() {
  [ -x "$schemathesis/bin/schemathesis" ] && return
  say "fetching Schemathesis $SCHEMATHESIS_VERSION from PyPI"
  mkdir -p "$cache"
  rm -rf "$schemathesis"
  python3 -m venv "$schemathesis" >&2
  "$schemathesis/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS_VERSION" >&2 ||
    { rm -rf "$schemathesis"; fail "Schemathesis could not be installed"; }
}

start_postgres() {
  local bin port password=$1
  bin=$(postgres_bin)
  port=$(free_port)
  install -d -m 700 "$state/postgres"
  install -m 600 /dev/stdin "$state/postgres-password" <<<"$password"
  [ "$(id -u)" -ne 0 ] || chown postgres "$state/postgres" "$state/postgres-password"
  as_postgres "$bin/initdb" -D "$state/postgres/data" -U munjigi --encoding=UTF8 --locale=C.UTF-8 \
    --auth=scram-sha-256 --pwfile="$state/postgres-password" --no-sync >"$state/postgres.log" 2>&1
  # Nothing here outlives a crash, so nothing waits for the disk.
  as_postgres "$bin/pg_ctl" -D "$state/postgres/data" -l "$state/postgres/log" -w -t 60 start -o "-p $port \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off" >>"$state/postgres.log" 2>&1 ||
    { cat "$state/postgres.log" >&2; fail "PostgreSQL did not start"; }
  echo "export MUNJIGI_TEST_DATABASE_URL=postgres://munjigi:$password@127.0.0.1:$port/postgres" >>"$state/draft"
}

start_redis() {
  local port
  port=$(free_port)
  echo "$port" >"$state/redis-port"
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$state" --daemonize yes \
    --logfile "$state/redis.log" >&2
  for _ in $(seq 100); do
    if redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; then
      echo "export MUNJIGI_TEST_REDIS_URL=redis://127.0.0.1:$port" >>"$state/draft"
      return
    fi
    sleep 0.1
  done
  fail "Redis did not answer; see $state/redis.log"
}

start_keycloak() {
  local home=$state/keycloak-$KEYCLOAK_VERSION port management password=$1
  port=$(free_port)
  management=$(free_port)
  tar -xzf "$archive" -C "$state"
  mkdir -p "$home/data/import"
  cp "$realm_file" "$home/data/import/"
  [ ! -d "$augmented" ] || { rm -rf "$home/lib/quarkus" && cp -r "$augmented" "$home/lib/quarkus"; }
  # The realm file takes passwords and secrets from the environment; the suites know its defaults.
  env -i PATH="$PATH" HOME="$HOME" JAVA_HOME="${JAVA_HOME:-}" JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1 \
    KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD="$password" \
    setsid "$home/bin/kc.sh" start-dev "${KEYCLOAK_BUILD_OPTIONS[@]}" --import-realm --http-host=127.0.0.1 \
    "--http-port=$port" "--http-management-port=$management" "--hostname=http://localhost:$port" \
    >"$state/keycloak.log" 2>&1 </dev/null &
  echo $! >"$state/keycloak-pid"
  cat >>"$state/draft" <<END
export MUNJIGI_TEST_KEYCLOAK_URL=http://localhost:$port
export MUNJIGI_TEST_KEYCLOAK_ADMIN=admin
export MUNJIGI_TEST_KEYCLOAK_PASSWORD=$password
END
  wait_for_keycloak "$port" "$management"
  [ -d "$augmented" ] || keep_augmented "$home"
}

wait_for_keycloak() {
  local deadline=$((SECONDS + READY_WITHIN_SECONDS))
  # Ready alone is not enough: the realm has to be there too.
  until curl -sf "http://127.0.0.1:$2/health/ready" >/dev/null &&
    curl -sf "http://localhost:$1/realms/munjigi/.well-known/openid-configuration" >/dev/null; do
    keycloak_runs || { tail -20 "$state/keycloak.log" >&2; fail "Keycloak ended"; }
    [ $SECONDS -lt $deadline ] || { tail -20 "$state/keycloak.log" >&2; fail "Keycloak was not ready in time"; }
    sleep 1
  done
}

keep_augmented() {
  cp -r "$1/lib/quarkus" "$augmented.$$"
  mv -T "$augmented.$$" "$augmented" 2>/dev/null || rm -rf "$augmented.$$"
}

# A number may have gone to another process since: only one that runs from our folder is ours.
keycloak_runs() {
  local pid
  pid=$(cat "$state/keycloak-pid" 2>/dev/null) && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$state/"
}

install_all() {
  install_packages
  fetch_keycloak
  fetch_schemathesis
}

all_answer() {
  [ -f "$environment" ] && keycloak_runs || return 1
  # shellcheck disable=SC1090
  . "$environment"
  redis-cli -u "$MUNJIGI_TEST_REDIS_URL" ping >/dev/null 2>&1 &&
    "$(postgres_bin)/pg_isready" -q -d "$MUNJIGI_TEST_DATABASE_URL" &&
    curl -sf "$MUNJIGI_TEST_KEYCLOAK_URL/realms/munjigi" >/dev/null
}

start() {
  if all_answer; then
    echo "$environment"
    return
  fi
  stop
  install_all
  # Others may pass through, as PostgreSQL's user must, but not look in.
  mkdir -m 711 "$state"
  (umask 077 && : >"$state/draft")
  local password
  password=$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')
  trap stop EXIT
  start_postgres "$password"
  start_redis
  start_keycloak "$password"
  echo "export MUNJIGI_TEST_SCHEMATHESIS=$schemathesis/bin/schemathesis" >>"$state/draft"
  trap - EXIT
  mv "$state/draft" "$environment"
  echo "$environment"
}

stop() {
  [ -d "$state" ] || return 0
  if keycloak_runs; then
    local pid
    pid=$(cat "$state/keycloak-pid")
    kill -TERM -- "-$pid" 2>/dev/null || true
    for _ in $(seq 100); do keycloak_runs || break; sleep 0.1; done
    ! keycloak_runs || kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  [ ! -f "$state/redis-port" ] || redis-cli -p "$(cat "$state/redis-port")" shutdown nosave >/dev/null 2>&1 || true
  [ ! -f "$state/postgres/data/postmaster.pid" ] ||
    as_postgres "$(postgres_bin)/pg_ctl" -D "$state/postgres/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$state"
}

case ${1:-} in
  install) install_all ;;
  start) start ;;
  stop) stop ;;
  *) fail "usage: services.sh install|start|stop" ;;
esac
