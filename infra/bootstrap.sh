#!/bin/sh
# Brings what the Makefile cannot install by itself: uv, into .build/tools, and the shared libraries that skia links.
# Needs python3. Where something of the system is missing, it is installed if this is Debian and we are root;
# otherwise one message says what to install.
set -eu
cd "$(dirname "$0")/.."

need() {
    missing="$*"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $missing …"
        apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
    else
        echo "Missing on this machine: $missing. On Debian or Ubuntu: sudo apt-get install $missing" >&2
        exit 1
    fi
}

command -v python3 >/dev/null || need python3 python3-venv
python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv

for library in libGL.so.1:libgl1 libEGL.so.1:libegl1; do
    python3 -c "import ctypes; ctypes.CDLL('${library%%:*}')" 2>/dev/null || absent="${absent:-}${library#*:} "
done
[ "$(uname -s)" != Linux ] || [ -z "${absent:-}" ] || need $absent

if ! [ -x .build/tools/bin/uv ] || ! .build/tools/bin/uv --version | grep -qF "$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/bootstrap.txt)"; then
    python3 -m venv --clear .build/tools
    .build/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements/bootstrap.txt
fi
