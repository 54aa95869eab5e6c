#!/bin/sh
# Installs Mesa's software Vulkan driver as root on a Debian-like system. Debian 12's own Mesa (22.3)
# corrupts its heap now and then, so there it comes from bookworm-backports: the source line is derived
# from the machine's own apt sources and removed afterwards.
set -eu
extra=/etc/apt/sources.list.d/openset-backports.sources
trap 'rm -f "$extra"' EXIT
quiet() { DEBIAN_FRONTEND=noninteractive "$@" >/dev/null 2>&1; }

apt-get update -qq >/dev/null 2>&1 || true
target=
codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
if [ "$codename" = bookworm ]; then
    if [ -f /etc/apt/sources.list.d/debian.sources ]; then
        # The first deb822 stanza that carries the main suite, its suites replaced.
        awk -v RS= '/(^|\n)Suites:[^\n]*bookworm( |\n|$)/ { print; exit }' \
            /etc/apt/sources.list.d/debian.sources |
            sed 's/^Suites:.*/Suites: bookworm-backports/' >"$extra"
    elif [ -f /etc/apt/sources.list ]; then
        extra=/etc/apt/sources.list.d/openset-backports.list
        grep -E '^deb .* bookworm main' /etc/apt/sources.list | head -n 1 |
            sed 's/ bookworm / bookworm-backports /' >"$extra"
    fi
    if [ -s "$extra" ] && quiet apt-get update; then
        target="-t bookworm-backports"
    fi
fi
# shellcheck disable=SC2086
quiet apt-get install -y --no-install-recommends $target mesa-vulkan-drivers libvulkan1
rm -f "$extra"
quiet apt-get update || true
