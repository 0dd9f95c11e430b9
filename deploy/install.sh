#!/usr/bin/env bash
# Installs TwinMirror on a Jetson (JetPack 6 or 7), Debian or Ubuntu, and takes it away again.
#
#   sudo deploy/install.sh               install or bring up to date; run again, it changes nothing
#   sudo deploy/install.sh uninstall     take away all that it brought, settings and data with it
#   deploy/install.sh check              say whether this machine will do
#   --dry-run                            say what would be done, and do nothing
#
# Beside a bundle made by deploy/bundle.sh it needs no network.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly opt=/opt/twinmirror etc=/etc/twinmirror state=/var/lib/twinmirror cache=/var/cache/twinmirror
readonly venv=$opt/venv
readonly units=(twinmirror-screen.service twinmirror-mirror.service twinmirror-engines.service)
# From where in this folder to where: what is written besides the environment
readonly files=(
    "systemd/twinmirror-screen.service /etc/systemd/system/twinmirror-screen.service 644"
    "systemd/twinmirror-mirror.service /etc/systemd/system/twinmirror-mirror.service 644"
    "systemd/twinmirror-engines.service /etc/systemd/system/twinmirror-engines.service 644"
    "files/70-twinmirror.rules /etc/udev/rules.d/70-twinmirror.rules 644"
    "files/70-twinmirror-sysctl.conf /etc/sysctl.d/70-twinmirror.conf 644"
    "files/70-twinmirror-logind.conf /etc/systemd/logind.conf.d/70-twinmirror.conf 644"
    "files/screen-alive $opt/bin/screen-alive 755"
)
# The environment, OpenCV's and MediaPipe's libraries, the screen's and its fonts, the compositor, the webcam's controls
packages=(python3 python3-venv libgl1 libglib2.0-0 libxcb1 libegl1 libgles2 libmtdev1 libgl1-mesa-dri fonts-noto-core
    fonts-noto-cjk cage xwayland seatd wayland-utils x11-xserver-utils v4l-utils ca-certificates)
readonly least_free_mb=4000

dry_run=no
changes=0

say() { printf '%s\n' "$*"; }
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# Does "$@", or only says so; counts what was changed.
run() {
    changes=$((changes + 1))
    if [[ $dry_run == yes ]]; then
        say "would run: $*"
    else
        "$@"
    fi
}

on_jetson() { [[ -e /etc/nv_tegra_release ]] || grep -qs 'nvidia,tegra' /proc/device-tree/compatible; }
systemd_runs() { [[ -d /run/systemd/system ]]; }

find_python() {
    local name
    # The distribution's own first: on a Jetson its TensorRT is made for that one
    for name in /usr/bin/python3 python3.12 python3.11 python3.10; do
        if "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# ---- checks ---------------------------------------------------------------------------------------------------------

check_machine() {
    local machine free memory
    machine=$(uname -m)
    [[ $machine == x86_64 || $machine == aarch64 ]] || fail "this is a $machine: an x86-64 or ARM64 machine is needed"
    command -v apt-get >/dev/null || fail "no apt-get here: Debian, Ubuntu or JetPack is needed"
    command -v systemctl >/dev/null || fail "no systemd here: it keeps the mirror running"
    python=$(find_python) || python=
    [[ -n $python || ! -e /usr/bin/python3 ]] || fail "$(/usr/bin/python3 --version) is here: 3.10, 3.11 or 3.12 is needed"
    free=$(df --output=avail --block-size=1M /opt 2>/dev/null | tail -n 1 | tr -d ' ') || free=$least_free_mb
    ((free >= least_free_mb)) || [[ -d $venv ]] || fail "only $free MB free on /opt: make room for $least_free_mb MB"
    memory=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
    ((memory >= 3500)) || say "warning: $memory MB of memory; the mirror wants 4 GB"
    if on_jetson; then
        say "a Jetson: $(head -n 1 /etc/nv_tegra_release 2>/dev/null || echo 'release not told')"
    else
        say "a $machine machine with $(${python:-echo} --version | sed 's/^--version$/no Python yet/')"
    fi
}

# ---- packages -------------------------------------------------------------------------------------------------------

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing_packages() {
    local name
    for name in "${packages[@]}"; do
        installed "$name" || say "$name"
    done
    if [[ -n $python && $python != /usr/bin/python3 ]] && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    fi
}

# From the bundle's own archive where there is one, else from the distribution's.
apt() {
    local from=()
    if [[ -d $here/debs ]]; then
        mkdir -p "$work/lists/partial"
        printf 'deb [trusted=yes] file:%s/debs ./\n' "$here" >"$work/bundle.list"
        from=(-o "Dir::Etc::sourcelist=$work/bundle.list" -o Dir::Etc::sourceparts=-
            -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
    fi
    DEBIAN_FRONTEND=noninteractive apt-get --quiet "${from[@]}" "$@"
}

install_packages() {
    local missing before
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} > 0)) || return 0
    before=$work/before
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort >"$before"
    run apt update
    run apt install --yes --no-install-recommends "${missing[@]}"
    if [[ $dry_run == no ]]; then
        # What was not here before is what uninstalling takes away again
        mkdir -p "$opt"
        dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort |
            comm -13 "$before" - | sort -u - <(cat "$opt/packages" 2>/dev/null) >"$opt/packages.new"
        mv "$opt/packages.new" "$opt/packages"
    fi
    [[ -n $python || $dry_run == yes ]] || python=$(find_python) || fail "the distribution's Python is none of 3.10 to 3.12"
}

# ---- users and folders ----------------------------------------------------------------------------------------------

make_users() {
    getent group kiosk >/dev/null || run groupadd --system kiosk
    local name
    for name in kiosk kiosk-screen; do
        id "$name" >/dev/null 2>&1 ||
            run useradd --system --gid kiosk --home-dir "$state" --no-create-home --shell /usr/sbin/nologin "$name"
    done
}

folder() { # path mode owner
    [[ -d $1 && $(stat -c '%a %U' "$1") == "$2 $3" ]] || run install -d -m "$2" -o "$3" -g "$3" "$1"
}

make_folders() {
    folder "$opt" 755 root
    folder "$opt/bin" 755 root
    folder "$opt/share" 755 root
    folder "$etc" 755 root
    folder "$state" 700 kiosk
    folder "$cache" 700 kiosk
}

# ---- the product ----------------------------------------------------------------------------------------------------

# One word that changes with whatever goes into the environment.
product_stamp() {
    {
        "$python" --version
        if [[ -d $here/wheels ]]; then
            (cd "$here" && find wheels requirements.txt -type f -print0 | sort -z | xargs -0 sha256sum)
        else
            (cd "$here/.." && find pyproject.toml requirements kiosk engines calibration -type f \
                ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum)
        fi
    } | sha256sum | cut -d ' ' -f 1
}

install_product() {
    local stamp pip=("$venv.new/bin/python" -m pip --disable-pip-version-check install --quiet --no-compile)
    stamp=$(product_stamp)
    [[ $(cat "$venv/stamp" 2>/dev/null) != "$stamp" ]] || return 0
    # Built beside the one that runs: what fails on the way leaves that as it is
    run rm -rf "$venv.new"
    run "$python" -m venv "$venv.new"
    if [[ -d $here/wheels ]]; then
        run "${pip[@]}" --no-index --find-links "$here/wheels" --requirement "$here/requirements.txt"
        run "${pip[@]}" --no-index --no-deps "$here"/wheels/twinmirror-*.whl
    else
        run "${pip[@]}" --requirement "$here/../requirements/run.txt"
        run "${pip[@]}" --no-deps "$here/.."
    fi
    on_jetson && add_tensorrt
    run move_environment "$stamp"
}

# An environment names its own place in its scripts, so they are told the new one.
move_environment() {
    grep -rlIZ "$venv.new" "$venv.new/bin" "$venv.new/pyvenv.cfg" | xargs -0 -r sed -i "s|$venv.new|$venv|g"
    printf '%s\n' "$1" >"$venv.new/stamp"
    sync -f "$venv.new/stamp"
    rm -rf "$venv.old"
    [[ ! -e $venv ]] || mv "$venv" "$venv.old"
    mv "$venv.new" "$venv"
    rm -rf "$venv.old"
}

# JetPack's TensorRT, and nothing else of the system's Python: its OpenCV would stand beside the one MediaPipe needs.
add_tensorrt() {
    local theirs ours
    theirs=$("$python" -c 'import importlib.util as u; s = u.find_spec("tensorrt"); print(s.submodule_search_locations[0])' \
        2>/dev/null) || { say "JetPack's TensorRT is not installed (apt-get install python3-libnvinfer): CPU only"; return 0; }
    ours=$(echo "$venv.new"/lib/python3*/site-packages)
    run ln -sfn "$theirs" "$ours/tensorrt"
    export PATH=/usr/local/cuda/bin:$PATH
    local find=()
    [[ ! -d $here/wheels ]] || find=(--no-index --find-links "$here/wheels" --no-build-isolation)
    run "$venv.new/bin/python" -m pip --disable-pip-version-check install --quiet "${find[@]}" pycuda onnx ||
        say "pycuda cannot be built (is JetPack's CUDA toolkit installed?): CPU only"
}

install_pose_model() {
    local name=pose_landmarker_full-1.task
    [[ ! -e $cache/twinmirror/$name ]] || return 0
    if [[ -e $here/models/$name ]]; then
        run install -D -m 600 -o kiosk -g kiosk "$here/models/$name" "$cache/twinmirror/$name"
        run chown kiosk:kiosk "$cache/twinmirror"
    else
        run runuser -u kiosk -- env "XDG_CACHE_HOME=$cache" "HOME=$state" "$venv/bin/kiosk" model fetch
    fi
}

# ---- files and units ------------------------------------------------------------------------------------------------

put() { # from to mode; writes only what is not there already
    if ! cmp -s "$1" "$2" || [[ $(stat -c %a "$2") != "$3" ]]; then
        run install -D -m "$3" "$1" "$2"
    fi
}

install_files() {
    local entry from to mode before=$changes
    for entry in "${files[@]}"; do
        read -r from to mode <<<"$entry"
        put "$here/$from" "$to" "$mode"
    done
    put "$here/install.sh" "$opt/share/install.sh" 755
    local page
    for page in hardware.md engine.md; do
        for from in "$here/$page" "$here/../docs/$page"; do
            [[ ! -e $from ]] || { put "$from" "$opt/share/$page" 644; break; }
        done
    done
    # A technician's settings stay as they are
    [[ -e $etc/mirror.toml ]] || run install -m 644 "$here/files/mirror.toml" "$etc/mirror.toml"
    local unit
    for unit in "${units[@]}"; do
        [[ -L /etc/systemd/system/multi-user.target.wants/$unit ]] || run systemctl enable --quiet "$unit"
    done
    [[ -L /etc/systemd/system/ctrl-alt-del.target ]] || run systemctl mask --quiet ctrl-alt-del.target
    if ((changes > before)) && systemd_runs; then
        run systemctl daemon-reload
        run udevadm control --reload
        run sysctl --quiet --load /etc/sysctl.d/70-twinmirror.conf
    fi
}

start_units() {
    systemd_runs || { say "systemd does not run here: the mirror starts with the next boot"; return 0; }
    ((changes > 0)) || return 0
    run systemctl start seatd.service
    run systemctl restart twinmirror-screen.service
    run systemctl restart --no-block twinmirror-engines.service
    run systemctl restart --no-block twinmirror-mirror.service
}

# ---- the two ways ---------------------------------------------------------------------------------------------------

install_all() {
    check_machine
    install_packages
    make_users
    make_folders
    install_product
    install_pose_model
    install_files
    start_units
    if ((changes == 0)); then
        say "nothing to change: TwinMirror is installed"
    elif [[ $dry_run == yes ]]; then
        say "$changes steps, none of them done"
    else
        say "TwinMirror is installed. Its settings: $etc/mirror.toml; its log: journalctl -u twinmirror-mirror"
    fi
}

uninstall_all() {
    local unit entry to
    if systemd_runs; then
        for unit in "${units[@]}"; do
            systemctl is-active --quiet "$unit" && run systemctl stop "$unit"
        done
    fi
    for unit in "${units[@]}"; do
        [[ ! -L /etc/systemd/system/multi-user.target.wants/$unit ]] || run systemctl disable --quiet "$unit"
    done
    [[ ! -L /etc/systemd/system/ctrl-alt-del.target ]] || run systemctl unmask --quiet ctrl-alt-del.target
    for entry in "${files[@]}"; do
        read -r _ to _ <<<"$entry"
        [[ ! -e $to ]] || run rm -f "$to"
    done
    run rm -rf /etc/systemd/system/twinmirror-{screen,mirror,engines}.service.d
    [[ ! -d /etc/systemd/logind.conf.d ]] || run rmdir --ignore-fail-on-non-empty /etc/systemd/logind.conf.d
    local brought=()
    [[ ! -e $opt/packages ]] || mapfile -t brought <"$opt/packages"
    local path
    for path in "$opt" "$etc" "$state" "$cache"; do
        [[ ! -e $path ]] || run rm -rf "$path"
    done
    local name
    for name in kiosk kiosk-screen; do
        ! id "$name" >/dev/null 2>&1 || run userdel "$name"
    done
    ! getent group kiosk >/dev/null || run groupdel kiosk
    ((${#brought[@]} == 0)) || run env DEBIAN_FRONTEND=noninteractive apt-get --quiet purge --yes "${brought[@]}"
    if systemd_runs; then
        run systemctl daemon-reload
        run udevadm control --reload
    fi
    say "TwinMirror is gone"
}

main() {
    local command=install word
    for word in "$@"; do
        case $word in
        install | uninstall | check) command=$word ;;
        --dry-run) dry_run=yes ;;
        -h | --help)
            sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            return
            ;;
        *) fail "$word is not known: see --help" ;;
        esac
    done
    if [[ $command == check ]]; then
        check_machine
        say "missing packages: $(missing_packages | paste -sd ' ')"
        return
    fi
    ((EUID == 0)) || [[ $dry_run == yes ]] || fail "run it as root: sudo $0 $*"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "${command}_all"
}

main "$@"
