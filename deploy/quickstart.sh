#!/usr/bin/env bash
# From a fresh clone to a page in the browser: installs missing packages, builds, and serves the apps
# of this repository through an nginx of its own until Ctrl-C.
#
#   deploy/quickstart.sh            serves on port 8080, or on the next free port up to 8099
#   PORT=9000 deploy/quickstart.sh  serves on that port
#   deploy/quickstart.sh --check    serves, fetches three pages, shows the answers, and ends
#
# Works as root and as an ordinary user. It writes below build/ only, except the socket, which lies in a
# folder of its own below $TMPDIR. It does not touch an nginx that the machine already runs.
set -euo pipefail

check=
case "${1:-}" in
  "") ;;
  --check) check=yes ;;
  *)
    echo "deploy/quickstart.sh: $1: unknown argument; known: --check" >&2
    exit 2
    ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/.."
repository=$PWD
build=$repository/build/release
PATH="$PATH:/usr/sbin:/sbin"  # an ordinary user's path on Debian lacks nginx's folder

die() {
  echo "deploy/quickstart.sh: $*" >&2
  exit 1
}

# --- ending ----------------------------------------------------------------------------------------

shoal=
nginx=
socket_folder=

stop() {
  trap - INT TERM HUP
  # nginx first: then no request reaches a container that has stopped.
  local pid
  for pid in $nginx $shoal; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  [[ -z $socket_folder ]] || rm -rf "$socket_folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- steps -----------------------------------------------------------------------------------------

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_port() {
  if [[ -n ${PORT:-} ]]; then
    ! is_taken "$PORT" || die "port $PORT is taken; choose another with PORT=..."
    port=$PORT
    return
  fi
  for port in {8080..8099}; do
    is_taken "$port" || return 0
  done
  die "ports 8080 to 8099 are all taken; choose another with PORT=..."
}

build_release() {
  cmake --preset release
  cmake --build --preset release -j "$(nproc)"
}

# The shipped configuration, with listen, apps and run replaced.
write_shoal_yaml() {
  awk -v socket="$socket" -v apps="$build/apps" -v run="$folder/run" '
    function put(key) {
      if (key == "listen") printf "listen:\n  - socket: \"unix:%s\"\n    mode: \"0600\"\n", socket
      if (key == "apps") printf "apps: \"%s\"\n", apps
      if (key == "run") printf "run: \"%s\"\n", run
      written[key] = 1
    }
    /^[A-Za-z_]+:/ {
      key = substr($0, 1, index($0, ":") - 1)
      replacing = key == "listen" || key == "apps" || key == "run"
      if (replacing) put(key)
    }
    !replacing || /^(#|$)/
    END {
      split("listen apps run", wanted, " ")
      for (i in wanted) if (!written[wanted[i]]) put(wanted[i])
    }' conf/shoal.yaml >"$folder/shoal.yaml"
}

# The shipped site, with our port and socket, in an nginx that writes below its own folder only.
write_nginx_conf() {
  mkdir -p "$folder"/nginx/{logs,temp}
  cp /etc/nginx/fastcgi_params "$folder/nginx/"
  sed -e "s|listen 80;|listen 127.0.0.1:$port;|" \
      -e "s|unix:/run/shoal/|unix:$socket_folder/|" \
      deploy/nginx/shoal.conf >"$folder/nginx/site.conf"
  {
    # Started by root, the nginx workers stay root: www-data might not be able to enter the clone's folder.
    [[ $EUID -ne 0 ]] || echo "user root;"
    cat <<'CONF'
daemon off;
worker_processes auto;
pid nginx.pid;
error_log logs/error.log;
events {}
http {
  access_log logs/access.log;
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  include site.conf;
}
CONF
  } >"$folder/nginx/nginx.conf"
}

require_alive() {
  kill -0 "$shoal" 2>/dev/null || die "the container has ended; read its last messages above"
  kill -0 "$nginx" 2>/dev/null ||
    die "nginx has ended: $(tail -n 3 "$folder/nginx/logs/error.log")"
}

# Ignores a proxy that the environment names: the address is local.
fetch() { curl --noproxy '*' "$@"; }

wait_until_it_answers() {
  local status
  for _ in {1..300}; do
    require_alive
    status=$(fetch --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$address/") || true
    # 000: nginx does not listen yet. 502: the container does not.
    [[ $status == 000 || $status == 502 ]] || return 0
    sleep 0.1
  done
  die "$address/ did not answer within 30 seconds (last status $status);" \
      "read $folder/nginx/logs/error.log"
}

# Shows one answer: status, generation, first lines. Returns false unless the status is 200.
show() {
  local answer=$folder/answer status generation
  rm -f "$answer".{head,body}
  touch "$answer".{head,body}
  status=$(fetch --silent --show-error --max-time 10 --dump-header "$answer.head" \
                 --output "$answer.body" --write-out '%{http_code}' "$address$1") || true
  generation=$(sed -n 's/^X-Shoal-Generation: *//Ip' "$answer.head" | tr -d '\r')
  printf '\nGET %s -> %s, X-Shoal-Generation: %s\n' "$1" "$status" "${generation:-none}"
  head -n 5 "$answer.body" | cut -c 1-160 | sed 's/^/    /'
  [[ $status == 200 ]]
}

# --- main ------------------------------------------------------------------------------------------

# Explicitly by bash: works in a clone without execute bits (a zip, a Windows share), too.
bash deploy/packages.sh
choose_port
build_release

address=http://127.0.0.1:$port
folder=$repository/build/quickstart/$port
rm -rf "$folder"
mkdir -p "$folder"
# The path of a socket has at most 107 bytes; the path of a clone may be longer, and may contain spaces.
socket_folder=$(mktemp -d "${TMPDIR:-/tmp}/shoal.XXXXXX")
socket=$socket_folder/shoal.sock
write_shoal_yaml
write_nginx_conf

"$build/bin/shoal" serve -c "$folder/shoal.yaml" &
shoal=$!
nginx -p "$folder/nginx/" -c "$folder/nginx/nginx.conf" -e "$folder/nginx/logs/error.log" &
nginx=$!
wait_until_it_answers

if [[ -n $check ]]; then
  failed=
  for path in / /about "/hello?name=Ada"; do
    show "$path" || failed+=" $path"
  done
  echo
  [[ -z $failed ]] || die "the answer is not 200:$failed; read the log above"
  echo "All three pages were answered. Run deploy/quickstart.sh to see them in your browser."
  exit 0
fi

cat <<TEXT

  Shoal serves        $address/
  from the modules in $build/apps

  Change a source below $repository/apps, then build it in another terminal:

      cd ${repository@Q} && cmake --build --preset release

  and refresh the page: the new code answers. Ctrl-C stops the container and nginx.

TEXT
trap 'exit 0' INT TERM HUP  # from here on, a signal is the normal end
wait -n "$shoal" "$nginx" || true
require_alive
