#!/usr/bin/env bash
# From a fresh clone to a page in the browser: installs what is missing, builds, and serves the apps
# of this repository through an nginx of its own until Ctrl-C.
#
#   deploy/quickstart.sh            serves on port 8080, or on the next free one up to 8099
#   PORT=9000 deploy/quickstart.sh  serves on that port
#   deploy/quickstart.sh --check    serves, fetches three pages, shows what came, and ends
#
# Works as root and as an ordinary user. Everything it writes is below build/, but for the socket,
# which lies in a folder of its own below $TMPDIR. The machine's own nginx is left alone.
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
  # nginx first: then nobody meets a container that has left.
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

# --- the parts -------------------------------------------------------------------------------------

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_port() {
  if [[ -n ${PORT:-} ]]; then
    ! is_taken "$PORT" || die "PORT=$PORT is taken; choose another"
    port=$PORT
    return
  fi
  for port in {8080..8099}; do
    is_taken "$port" || return 0
  done
  die "ports 8080 to 8099 are all taken; choose one with PORT=..."
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

# The shipped site, on our port and socket, in an nginx that writes below its own folder only.
write_nginx_conf() {
  mkdir -p "$folder"/nginx/{logs,temp}
  cp /etc/nginx/fastcgi_params "$folder/nginx/"
  sed -e "s|listen 80;|listen 127.0.0.1:$port;|" \
      -e "s|unix:/run/shoal/|unix:$socket_folder/|" \
      deploy/nginx/shoal.conf >"$folder/nginx/site.conf"
  {
    # As root the workers stay root, for the clone may lie where www-data cannot go.
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
  kill -0 "$shoal" 2>/dev/null || die "the container has ended; its last words are above"
  kill -0 "$nginx" 2>/dev/null ||
    die "nginx has ended: $(tail -n 3 "$folder/nginx/logs/error.log")"
}

# A proxy in the environment has no business here.
fetch() { curl --noproxy '*' "$@"; }

wait_until_it_answers() {
  local status
  for _ in {1..300}; do
    require_alive
    status=$(fetch --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$address/") || true
    # 000 is: no nginx yet, 502: no container behind it.
    [[ $status == 000 || $status == 502 ]] || return 0
    sleep 0.1
  done
  die "no answer from $address/ within 30 seconds (last status $status);" \
      "see $folder/nginx/logs/error.log"
}

# Shows one answer: status, generation, first lines. False unless it is a 200.
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

# --- the line --------------------------------------------------------------------------------------

# Explicitly by bash: a clone without its execute bits (a zip, a Windows share) works as well.
bash deploy/packages.sh
choose_port
build_release

address=http://127.0.0.1:$port
folder=$repository/build/quickstart/$port
rm -rf "$folder"
mkdir -p "$folder"
# A socket's path has 107 bytes at most; a clone's may be longer, and may have spaces.
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
  [[ -z $failed ]] || die "not answered with 200:$failed"
  echo "All three pages came. Run deploy/quickstart.sh to have them in your browser."
  exit 0
fi

cat <<TEXT

  Shoal serves        $address/
  from the modules in $build/apps

  Change a source below $repository/apps, then build it in another terminal:

      cd ${repository@Q} && cmake --build --preset release

  and refresh the page: the new code answers. Ctrl-C ends container and nginx.

TEXT
trap 'exit 0' INT TERM HUP  # from here on, to be ended is what is meant to happen
wait -n "$shoal" "$nginx" || true
require_alive
