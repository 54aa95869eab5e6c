#!/bin/sh
# Sets a fresh machine up: virtual environment, pinned wheels, browser parts, a Vulkan driver; for `test`
# also a browser. Runs again in a second when nothing changed. As root on a Debian-like system it installs
# what is missing; otherwise it says in one line what to install and goes on where it can.
set -eu
what=${1:-run}
cd "$(dirname "$0")/.."
stamps=.venv/.stamps

say() { printf 'setup: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
may_install() { [ "$(id -u)" = 0 ] && have apt-get; }
updated=
apt_install() {
    [ -n "$updated" ] || { apt-get update -qq >/dev/null 2>&1 || true; updated=yes; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

# 1. Python 3.11 or later, with venv.
python=${PYTHON:-}
if [ -z "$python" ]; then
    for name in python3.11 python3.12 python3.13 python3.14 python3; do
        if have $name && $name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
            python=$name
            break
        fi
    done
fi
[ -n "$python" ] || { say "needs Python 3.11 to 3.14: install python3 and run again"; exit 1; }
if [ ! -x .venv/bin/python ]; then
    version=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! $python -c 'import ensurepip, venv' 2>/dev/null; then
        if may_install; then
            apt_install "python$version-venv" || apt_install python3-venv || true
        fi
        $python -c 'import ensurepip, venv' 2>/dev/null ||
            { say "needs venv: install python$version-venv and run again"; exit 1; }
    fi
    say "making a virtual environment with Python $version"
    $python -m venv .venv
fi
mkdir -p $stamps

# 2. Pinned wheels, again only when a pin changed.
pins=requirements/all.txt
[ "$what" = test ] && pins=requirements/dev.txt
wanted=$(cat $pins pyproject.toml | cksum)
if [ "$(cat $stamps/$what 2>/dev/null)" != "$wanted" ]; then
    say "installing pinned packages ($pins): a download the first time, some minutes on a slow line"
    .venv/bin/python -m pip install -q --disable-pip-version-check -r $pins
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
    printf '%s' "$wanted" >$stamps/$what
fi

# 3. A Vulkan driver. Without one the cpu back end draws; the gpu tests need one, software will do.
vulkan_ok() {
    .venv/bin/python - <<'PY' 2>/dev/null
import sys
from openset.stage.render.gpu import adapters
sys.exit(not adapters())
PY
}
if [ ! -f $stamps/vulkan ] && ! vulkan_ok; then
    if may_install; then
        say "installing a Vulkan driver (Mesa)"
        sh tools/install_mesa.sh || true
    fi
    if ! vulkan_ok; then
        say "no Vulkan driver: install mesa-vulkan-drivers (25 or later) and libvulkan1; going on with the cpu back end"
    fi
fi
if vulkan_ok; then touch $stamps/vulkan; fi

# 4. What the pages need: fonts and icons from npm, the languages' catalogues.
.venv/bin/python tools/fetch_browser_parts.py ||
    say "fonts and icons could not be fetched: the pages work in plainer type"
.venv/bin/python tools/compile_messages.py

# 5. A browser, for the tests only.
if [ "$what" = test ] && ! have chromium && ! have chromium-browser && ! have google-chrome; then
    if may_install; then
        say "installing Chromium"
        apt_install chromium || .venv/bin/python -m playwright install --with-deps chromium >/dev/null 2>&1 || true
    fi
    have chromium || ls "$HOME"/.cache/ms-playwright/chromium* >/dev/null 2>&1 ||
        say "no Chromium: install chromium for the browser tests"
fi

# 6. The program that drives it is a node of its own, which wants one library a bare system lacks.
drives() { .venv/bin/python -m playwright --version >/dev/null 2>&1; }
if [ "$what" = test ] && ! drives; then
    if may_install; then
        say "installing libatomic1, which the browser's driver needs"
        apt_install libatomic1 || true
    fi
    drives || say "the browser's driver does not start: install libatomic1 for the browser tests"
fi
