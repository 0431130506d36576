#!/bin/bash
# Proves that a clone of HEAD works in a Debian 12 that has nothing but Node 18 and npm:
#   deploy/fresh-root.sh [npm command…]    default: test start; others: start test, 'run build'
# The commands run one after the other in one root. `start` must come up, carry traffic and end on
# Ctrl-C; none may leave anything behind. Needs root, debootstrap and the network; package sources
# and npm settings are this machine's.
set -euo pipefail
shopt -s nullglob

project=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
arch=$(dpkg --print-architecture)
cache=${XDG_CACHE_HOME:-/var/cache}/weir-fresh-root
base=$cache/bookworm-$arch.tar

say() { printf 'fresh-root: %s\n' "$*"; }
fail() { say "$*"; exit 1; }

# Where this machine gets packages from, and how it reaches the registries.
copy_settings() {
	local root=$1 file
	rm -f "$root/etc/apt/sources.list"
	for file in /etc/apt/{sources.list,sources.list.d/*.{list,sources},auth.conf,auth.conf.d/*} \
		/etc/apt/{keyrings,trusted.gpg.d}/* /usr/share/keyrings/*.gpg \
		$(grep -ls 'Acquire::' /etc/apt/apt.conf.d/*) \
		/etc/{resolv.conf,hosts,ssl/certs/ca-certificates.crt}; do
		[[ ! -f $file ]] || install -D --mode=644 "$file" "$root$file"
	done
	grep -hsE '^(@[^:]*:)?registry|^//|cafile|proxy' /etc/npmrc /usr/etc/npmrc ~/.npmrc \
		| sort -u >"$root/root/.npmrc" || true
}

# Everything below runs with mounts and processes of its own: they end with it, whatever happens.
inside() { unshare --mount --propagation private --pid --fork --kill-child "$@"; }

in_root() {
	local root=$1 script=$2
	inside bash -euc '
		mount --bind "$0" "$0" # iproute2 wants the root to be a mount
		cd "$0"
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		mount --rbind /dev dev
		mount -t tmpfs tmpfs run
		exec chroot . /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
			bash -euo pipefail -c "$1" fresh-root "${@:2}"' "$root" "$script" "${@:3}"
}

make_base() {
	local mirror root
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' \
		| sed -n 's/ bookworm$//p' | sort -u | sed q)
	[[ -n $mirror ]] || fail 'no apt source of this machine holds bookworm, which is Debian 12'
	say "making $base"
	root=$(mktemp -d /var/tmp/weir-base.XXXXXX)
	debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 \
		|| fail "debootstrap failed: $root.log"
	copy_settings "$root"
	in_root "$root" '
		apt-get -qq update
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends nodejs npm
		apt-get clean
		rm -rf /var/lib/apt/lists/*' >>"$root.log" 2>&1 \
		|| fail "installing Node failed: $root.log"
	mkdir -p "$cache"
	tar -C "$root" -cf "$base.new" .
	mv "$base.new" "$base"
	rm -rf "$root" "$root.log"
}

# Runs inside the root, where it is process 1 and so inherits whatever a command leaves running.
read -rd '' proof <<'EOF' || true
started() { grep -m 1 -oE 'http://(127\.0\.0\.1|\[::1\]|localhost):[0-9]+' "$1"; }
carrying() { grep -m 1 -E '^[1-9][0-9,]* requests answered, 0 failed; [1-9]' "$1"; }

wait_for() {
	local deadline=$((SECONDS + $1))
	until "${@:3}" "$log"; do
		kill -0 "$command" 2>/dev/null || { echo "npm start ended before it was $2"; return 1; }
		((SECONDS < deadline)) || { echo "npm start was not $2 after $1 s"; return 1; }
		sleep 0.2
	done
}

# In a process group of its own, for Ctrl-C in a terminal reaches npm and all below it.
start() {
	log=/tmp/start.log
	: >"$log"
	set -m
	npm start >"$log" 2>&1 &
	command=$!
	set +m
	tail -f "$log" --pid "$command" --sleep-interval 0.2 &
	wait_for 900 'up' started && wait_for 60 'carrying traffic' carrying || return 1
	kill -INT -- "-$command"
	wait "$command" || { echo "npm start ended with $? on Ctrl-C"; return 1; }
	wait
}

nothing_left() {
	local left process
	left=$(find /run/netns /sys/fs/bpf -mindepth 1 -name 'weir*' 2>/dev/null
		for process in /proc/[0-9]*; do
			[[ ${process#/proc/} == @(1|$BASHPID) ]] || tr '\0' ' ' <"$process/cmdline" || true
		done)
	[[ -z $left ]] || { printf 'left behind:\n%s\n' "$left"; return 1; }
}

cd /root/weir
for words; do
	printf '\n== npm %s\n' "$words"
	SECONDS=0
	if [[ $words == start ]]; then start; else npm $words </dev/null; fi
	nothing_left
	printf '== npm %s: done in %d s\n' "$words" "$SECONDS"
done
EOF

[[ $EUID == 0 ]] || fail "making a root takes root: sudo $0 $*"
[[ -f $base ]] || make_base
root=$(mktemp -d /var/tmp/weir-fresh.XXXXXX)
trap 'rm -rf "$root"' EXIT
tar -C "$root" -xf "$base"
copy_settings "$root"
git clone --quiet --no-hardlinks "$project" "$root/root/weir"
[[ $# -gt 0 ]] || set -- test start
in_root "$root" "$proof" "$@"
say "proved: $*"
