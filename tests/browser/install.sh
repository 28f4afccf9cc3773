#!/bin/sh
# What the tests in a browser need beside the pinned list: playwright (without its own browsers) and a chromium.
set -e
"$PYTHON" -m pip install -qq --disable-pip-version-check "$("$PYTHON" -c '
import tomllib
print(tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["browser"][0])')"
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "no chromium: install it with the package manager of this system, or run this once as root on Debian" >&2
    exit 1
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium
