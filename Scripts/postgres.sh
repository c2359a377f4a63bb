#!/usr/bin/env bash
# A PostgreSQL of its own for tests and benchmarks, with the settings that initdb gives: every commit is
# synced. Its superuser is called canteen, and it trusts whoever reaches its socket.
#
# usage: Scripts/postgres.sh start|stop FOLDER
#
# FOLDER gets the cluster and the socket, so its path is short; start empties it first. Exits with 69 where
# no PostgreSQL is installed. PostgreSQL refuses to run as root: then the user postgres of the Debian package runs it.
set -euo pipefail

action=${1:?start or stop} folder=${2:?a folder}

programs=
for candidate in /usr/lib/postgresql/*/bin; do
  if [[ -x $candidate/initdb ]]; then programs=$candidate; fi
done
if [[ -z $programs ]]; then
  echo "no PostgreSQL is installed: apt-get install postgresql libpq-dev" >&2
  exit 69
fi

as_owner() {
  if [[ $EUID -eq 0 ]]; then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

case $action in
  start)
    rm -rf "$folder"
    mkdir -p "$folder"
    folder=$(realpath "$folder")
    if [[ $EUID -eq 0 ]]; then chown postgres: "$folder"; fi
    as_owner "$programs/initdb" --pgdata "$folder/data" --username canteen --auth trust \
      --encoding UTF8 --locale C >"$folder/initdb.log"
    # The server must not keep what this script inherited: whoever started it waits for that to close.
    for descriptor in /proc/$$/fd/*; do
      number=${descriptor##*/}
      if ((number > 2 && number != 255)); then exec {number}>&-; fi
    done
    as_owner "$programs/pg_ctl" --pgdata "$folder/data" --log "$folder/server.log" --wait --silent \
      --options "-c listen_addresses='' -c max_connections=400 -c unix_socket_directories='$folder'" start
    ;;
  stop)
    folder=$(realpath "$folder")
    as_owner "$programs/pg_ctl" --pgdata "$folder/data" --wait --silent --mode fast stop
    rm -rf "$folder"
    ;;
  *)
    echo "postgres: $action is neither start nor stop" >&2
    exit 64
    ;;
esac
