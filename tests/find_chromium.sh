#!/bin/sh
# Makes sure that the browser tests find a Chromium: an installed one, else Playwright's,
# else the system's package manager's. Usage: find_chromium.sh PYTHON
set -u
python=$1
found() {
    "$python" -c 'from tests.browser import chromium; import sys; sys.exit(chromium() is None)'
}
found && exit 0
echo "No Chromium found: asking Playwright for one."
"$python" -m playwright install chromium >/dev/null 2>&1 && found && exit 0
echo "Playwright could not fetch one: asking the system's package manager."
if command -v apt-get >/dev/null; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq && $as_root apt-get install -y -qq chromium >/dev/null
elif command -v dnf >/dev/null; then
    sudo dnf install -y -q chromium
elif command -v brew >/dev/null; then
    brew install --cask chromium
fi
found && exit 0
echo "The browser tests need Chromium: install it, or set CHROMIUM to its path." >&2
exit 1
