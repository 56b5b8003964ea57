#!/bin/sh
# Brings what the Makefile cannot install by itself: uv, into .build/tools, and the shared libraries that skia links.
# Needs python3, and the commands that $COMMANDS names. Where something of the system is missing, it is installed if
# this is Debian and we are root; otherwise one message names all of it, before anything is made.
set -eu
cd "$(dirname "$0")/.."

missing=""
if command -v python3 >/dev/null; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing=" python3-venv"
    if [ "$(uname -s)" = Linux ]; then
        for library in libGL.so.1:libgl1 libEGL.so.1:libegl1; do
            python3 -c "import ctypes; ctypes.CDLL('${library%%:*}')" 2>/dev/null || missing="$missing ${library#*:}"
        done
    fi
else
    missing=" python3 python3-venv libgl1 libegl1"
fi
for name in ${COMMANDS:-}; do
    command -v "$name" >/dev/null || missing="$missing $name"
done

if [ -n "$missing" ]; then
    install="apt-get install --no-install-recommends$missing"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Missing on this machine:$missing. On Debian or Ubuntu: sudo $install" >&2
        exit 1
    fi
    echo "Installing$missing …"
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes $install -y -qq; } >/dev/null; then
        echo "This machine lacks$missing, and apt-get could not install it. Try: $install" >&2
        exit 1
    fi
fi

if ! [ -x .build/tools/bin/uv ] || ! .build/tools/bin/uv --version | grep -qF "$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/bootstrap.txt)"; then
    python3 -m venv --clear .build/tools
    .build/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements/bootstrap.txt
fi
