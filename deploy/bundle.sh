#!/usr/bin/env bash
# Makes a folder from which deploy/install.sh installs without any network: deploy/bundle.sh FOLDER
#
# Make it on a machine of the kind that it is for: the same distribution, Python and processor.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
out=${1:?which folder? for example: deploy/bundle.sh build/bundle}
python=${PYTHON:-/usr/bin/python3}
[[ ! -e $out ]] || { echo "bundle.sh: $out is there already: choose another folder" >&2; exit 1; }
stage=$out.new
rm -rf "$stage"
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/wheels" "$stage/models"

echo "wheels"
"$python" -m venv "$stage/tools"
pip=("$stage/tools/bin/python" -m pip --disable-pip-version-check)
cp "$root/requirements/run.txt" "$stage/requirements.txt"
"${pip[@]}" wheel --quiet --wheel-dir "$stage/wheels" --requirement "$stage/requirements.txt"
"${pip[@]}" wheel --quiet --no-deps --wheel-dir "$stage/wheels" "$root"
if [[ -e /etc/nv_tegra_release ]]; then
    PATH=/usr/local/cuda/bin:$PATH "${pip[@]}" wheel --quiet --wheel-dir "$stage/wheels" pycuda onnx
fi

echo "pose model"
"${pip[@]}" install --quiet --no-index --find-links "$stage/wheels" --requirement "$stage/requirements.txt"
"${pip[@]}" install --quiet --no-index --no-deps "$stage"/wheels/twinmirror-*.whl
XDG_CACHE_HOME=$stage/fetched "$stage/tools/bin/kiosk" model fetch >/dev/null
mv "$stage"/fetched/twinmirror/*.task "$stage/models/"
rm -rf "$stage/tools" "$stage/fetched"

# The distribution's packages, where the tool that lists them is here (apt-get install apt-utils)
if command -v apt-ftparchive >/dev/null; then
    echo "packages"
    mkdir -p "$stage/debs/partial"
    mapfile -t packages < <(sed -n '/^packages=(/,/)$/p' "$here/install.sh" | tr -d '()' | sed 's/packages=//' | tr -s ' ' '\n' | sed '/^$/d')
    : >"$stage/status" # as if nothing were installed: so all that they need comes along
    apt-get --quiet=2 --yes --no-install-recommends --download-only -o "Dir::State::status=$(realpath "$stage/status")" \
        -o "Dir::Cache::archives=$(realpath "$stage/debs")" -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
        install "${packages[@]}" >/dev/null
    rm -rf "$stage/debs/partial" "$stage/debs/lock" "$stage/status"
    (cd "$stage/debs" && apt-ftparchive packages . >Packages)
else
    echo "no apt-ftparchive here: without the distribution's packages"
fi

cp -r "$here/install.sh" "$here/systemd" "$here/files" "$stage/"
cp "$root/docs/hardware.md" "$root/docs/engine.md" "$stage/"
sums=$(cd "$stage" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
printf "%s\n" "$sums" >"$stage/SHA256SUMS"
trap - EXIT
mv "$stage" "$out"
du -sh "$out"
