#!/usr/bin/env bash
# Installs what the platform needs and this machine lacks: Debian packages beside the Python environment.
# Idempotent; when nothing changed it only looks. Indexes and mirrors come from the machine's own configuration.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() { # what, way out
  printf '\n✗ %s\n  → %s\n\n' "$1" "$2" >&2
  exit 1
}
say() { printf '%s\n' "$*"; }

if [ "$(id -u)" = 0 ]; then cache=/var/cache/plugin-platform; else cache=$HOME/.cache/plugin-platform; fi
cache=${PLATFORM_CACHE_DIR:-$cache}

# --- Python: 3.11 or newer. As root one that every user may run comes first, so that services need not be root.
find_python() {
  local candidate candidates=(python3 python3.14 python3.13 python3.12 python3.11)
  [ "$(id -u)" != 0 ] || candidates=(/usr/bin/python3 /usr/local/bin/python3 "${candidates[@]}")
  for candidate in ${PLATFORM_PYTHON:-"${candidates[@]}"}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}
python=$(find_python)
[ -n "$python" ] || fail "Python 3.11 or newer is missing (found: $(python3 --version 2>&1 || true))." \
  "Install it (Debian 12 or newer: apt-get install python3), or name one: make up PLATFORM_PYTHON=/path/to/python3.12"

# --- What is missing?
missing_packages() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || echo postgresql postgresql-contrib
  command -v redis-server >/dev/null || echo redis-server
  command -v mvn >/dev/null || echo maven
  [ -x .venv/bin/python ] || command -v uv >/dev/null || "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}
local_packages() { # folders of our own packages, libraries first
  local folder
  for folder in libs/* services/* gateway bench deploy/*; do [ ! -f "$folder/pyproject.toml" ] || echo "$folder"; done
}
wanted_stamp() {
  # shellcheck disable=SC2046 # folder names hold no spaces
  { echo "$PWD"; cat requirements.lock $(local_packages | sed 's|$|/pyproject.toml|'); local_packages; } | sha256sum
}
packages=$( [ "${STACK:-}" = docker ] || missing_packages | tr '\n' ' ')
stamp=$(wanted_stamp)
if [ -z "$packages" ] && [ "$(cat .venv/.platform-stamp 2>/dev/null)" = "$stamp" ]; then exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/bootstrap.lock"
flock 9 # two commands at once: the second waits, then finds nothing to do
started=$SECONDS

# --- Debian packages. Their own servers on default ports are neither wanted nor started.
apt_log=$cache/apt.log
install_packages() {
  local run=() policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.conf ours=()
  command -v apt-get >/dev/null || { echo "there is no apt-get" >"$apt_log"; return 1; }
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "not root, and there is no sudo" >"$apt_log"; return 1; }
    run=(sudo)
  fi
  if [ ! -e "$policy" ]; then # the package's servers are not to be started
    printf '#!/bin/sh\nexit 101\n' | "${run[@]}" tee "$policy" >/dev/null
    "${run[@]}" chmod 755 "$policy"
    ours+=("$policy")
  fi
  if [ ! -e "$clusters" ]; then # nor is a cluster of PostgreSQL's own to be made
    "${run[@]}" mkdir -p "${clusters%/*}"
    echo 'create_main_cluster = false' | "${run[@]}" tee "$clusters" >/dev/null
    ours+=("$clusters")
  fi
  local apt=("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  # shellcheck disable=SC2086 # a list of names
  { "${apt[@]}" update &&
    "${apt[@]}" install -y --no-install-recommends -o Dpkg::Options::=--force-confold $1; } >"$apt_log" 2>&1 9>&-
  local status=$?
  for file in "${ours[@]}"; do
    if [ -e "$file.dpkg-dist" ]; then "${run[@]}" mv "$file.dpkg-dist" "$file"; else "${run[@]}" rm -f "$file"; fi
  done
  case "$1" in *redis-server*) [ ! -d /run/systemd/system ] || "${run[@]}" systemctl disable -q redis-server || true ;; esac
  return $status
}

# --- The Python environment: uv where it can be had, pip otherwise.
python_log=$cache/python.log
pip_setting() { # what this machine tells pip, for uv
  "$python" -m pip config list 2>/dev/null | sed -n "s/^[^=]*\.$1='\(.*\)'$/\1/p" | tail -1
}
tell_uv() {
  local index extra links certificates
  index=$(pip_setting index-url) extra=$(pip_setting extra-index-url) links=$(pip_setting find-links) certificates=$(pip_setting cert)
  [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
  [ -n "${UV_INDEX:-}${UV_EXTRA_INDEX_URL:-}" ] || [ -z "$extra" ] || export UV_INDEX=$extra
  [ -n "${UV_FIND_LINKS:-}" ] || [ -z "$links" ] || export UV_FIND_LINKS=$links
  [ -n "${SSL_CERT_FILE:-}" ] || [ -z "$certificates" ] || export SSL_CERT_FILE=$certificates
  export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180}
}
make_environment() {
  if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    rm -rf .venv
    if command -v uv >/dev/null; then uv venv -q --python "$python" .venv; else "$python" -m venv .venv; fi
  fi
  local uv
  uv=$(command -v uv || echo .venv/bin/uv)
  if [ ! -x "$uv" ]; then
    # the lock's own entry for uv: its version and hashes
    awk '/^[a-z0-9]/ {keep = /^uv==/} keep' requirements.lock >"$cache/uv.txt"
    .venv/bin/python -m pip install -q --require-hashes --no-deps -r "$cache/uv.txt" || true
  fi
  local editable=() folder
  while read -r folder; do editable+=(-e "$folder"); done < <(local_packages)
  if [ -x "$uv" ]; then
    tell_uv
    "$uv" pip install -q --python .venv/bin/python --compile-bytecode --require-hashes -r requirements.lock &&
      "$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation "${editable[@]}" && return
    say "uv did not succeed; trying pip"
  fi
  .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip
  .venv/bin/python -m pip install -q --require-hashes -r requirements.lock &&
    .venv/bin/python -m pip install -q --no-deps --no-build-isolation "${editable[@]}"
}

needs_venv_package() { case " $packages " in *" python3-venv "*) true ;; *) false ;; esac; }

apt_pid=
if [ -n "$packages" ]; then
  say "… Debian packages: $packages"
  install_packages "$packages" &
  apt_pid=$!
fi
apt_failed() {
  tail -n 15 "$apt_log" | sed 's/^/  │ /' >&2
  fail "The Debian packages could not be installed: $packages(log: $apt_log)" "Install them by hand, then run the command again."
}
if [ -n "$apt_pid" ] && needs_venv_package; then wait "$apt_pid" || apt_failed; apt_pid=; fi
if [ "$(cat .venv/.platform-stamp 2>/dev/null)" != "$stamp" ]; then
  say "… Python packages: requirements.lock into .venv ($("$python" --version))"
  if ! (make_environment) >"$python_log" 2>&1; then
    tail -n 15 "$python_log" | sed 's/^/  │ /' >&2
    fail "The Python packages could not be installed (log: $python_log)." "Check the index that pip uses on this machine, then run the command again."
  fi
  echo "$stamp" >.venv/.platform-stamp
  say "✓ Python packages ($((SECONDS - started)) s)"
fi
if [ -n "$apt_pid" ]; then wait "$apt_pid" || apt_failed; fi
[ -z "$packages" ] || say "✓ Debian packages ($((SECONDS - started)) s)"
