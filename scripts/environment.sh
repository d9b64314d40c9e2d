# Makes the project's own virtual environment and installs streamcheck into it; sourced by the other scripts.
# usage: . scripts/environment.sh GROUP...      (dependency groups of pyproject.toml; none for the package alone)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

python=
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "streamcheck needs Python 3.11 or newer: none found; set PYTHON to one" >&2
    exit 2
fi

venv=${STREAMCHECK_VENV:-$root/.venv}
stamp=$venv/installed-${*:-package}
stamp=${stamp// /-}
if [ ! -f "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    echo "setting up $(basename "$venv") (once) ..." >&2
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    groups=()
    for group in "$@"; do groups+=(--group "$group"); done
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable . ${groups[@]+"${groups[@]}"}
    touch "$stamp"
fi
PATH=$venv/bin:$PATH
