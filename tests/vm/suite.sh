#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What needs the virtual machine: limits and device rules on cgroup v2, freezing, raising limits and
# lowering the OOM score, AppArmor, and all of it on an old kernel. run is the host's side, and
# starts this script in a directory that has
#
#   kist      the static executable to test
#   configs/  the config.json files that engines wrote
#   cases     the cases to run, one a line; all when it is empty
#
# A case is a function below, test_NAME, called in a shell of its own that ends at the first command
# that fails. What it prints is shown when it fails, and it fails as well when it leaves anything
# behind: a cgroup, a mount, a process, a container's directory.
#
# It is one shell script because starting a dynamically linked program takes the emulated machine a
# tenth of a second, and everything here is busybox.
work=/run/kist-suite
state=$work/state
rootfs=$work/rootfs
bundles=$work/bundles
cgroups=/sys/fs/cgroup
seconds=60 # the most that anything may take: the machine that emulates this one may be busy

kist() {
	/host/kist --root $state "$@"
}

# Making a container.

# bundle ID COMMAND: a bundle whose container runs COMMAND in a shell. The variables process, mounts
# and resources hold JSON members to add, namespaces replaces the ones that a container may lack,
# path is the cgroup's.
bundle() {
	mkdir -p $bundles/$1
	echo "$2" >$rootfs/command-$1
	cat >$bundles/$1/config.json <<-EOT
		{
			"ociVersion": "1.0.2",
			"root": {"path": "$rootfs"},
			"hostname": "$1",
			"process": {
				"user": {"uid": 0, "gid": 0},
				"cwd": "/",
				"env": ["PATH=/bin"],
				"args": ["/bin/sh", "/command-$1"]
				${process:+, $process}
			},
			"mounts": [
				{"destination": "/proc", "type": "proc", "source": "proc"},
				{"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}
				${mounts:+, $mounts}
			],
			"linux": {
				${path:+\"cgroupsPath\": \"$path\",}
				"namespaces": [
					{"type": "mount"}, {"type": "ipc"}, {"type": "uts"},
					${namespaces-$own_namespaces}
				],
				"resources": {$resources}
			}
		}
	EOT
}
process='' mounts='' resources='' path=''
own_namespaces='{"type": "pid"}, {"type": "network"}, {"type": "cgroup"}'

# run ID COMMAND: in the foreground.
run() {
	bundle "$1" "$2"
	kist run --bundle $bundles/$1 "$1" </dev/null
}

# start ID COMMAND: in the background; what it prints goes to the file $work/ID.
start() {
	bundle "$1" "$2"
	kist create --bundle $bundles/$1 "$1" </dev/null >$work/$1 2>&1 || {
		cat $work/$1
		return 1
	}
	kist start "$1"
}

# Asking about one.

status() {
	kist state "$1" | sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p'
}

pid() {
	kist state "$1" | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p'
}

# The directory of a container's cgroup.
cgroup() {
	local line
	read -r line </proc/$(pid "$1")/cgroup
	echo "$cgroups${line#0::}"
}

exists() {
	kist state "$1" >/dev/null 2>&1
}

# Checking.

# is WHAT WANTED FOUND
is() {
	[ "$2" = "$3" ] || {
		echo "$1: wanted \"$2\", found \"$3\""
		exit 1
	}
}

# contains FILE TEXT: TEXT is all that is in FILE.
contains() {
	is "$1" "$2" "$(cat "$1")"
}

# matches FILE PATTERN: some line of FILE does.
matches() {
	has_text "$1" "$2" || {
		echo "nothing in $1 matches \"$2\":"
		cat "$1"
		exit 1
	}
}

# gone PATH
gone() {
	[ ! -e "$1" ] || {
		echo "$1 is still there"
		exit 1
	}
}

# ends_with STATUS COMMAND...
ends_with() {
	local wanted=$1 found=0
	shift
	"$@" || found=$?
	is "exit status of $1" $wanted $found
}

# eventually COMMAND...: waits until it succeeds.
eventually() {
	local tries=$((seconds * 20))
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			echo "never true: $*"
			exit 1
		}
		sleep 0.05
	done
}

# Conditions for it.

has_status() {
	[ "$(status "$1")" = "$2" ]
}

has_text() {
	grep -q -- "$2" "$1"
}

# has_processes CGROUP NUMBER
has_processes() {
	[ "$(wc -l <"$1/cgroup.procs")" = "$2" ]
}

# The cases.

test_run_hands_on_output_and_status() {
	is output hello "$(run c 'echo hello')"
	ends_with 42 run c 'exit 42'
}

test_default_bundle() {
	mkdir -p $bundles/default
	cd $bundles/default
	kist spec
	echo 'id -u; cat /proc/self/cgroup; ls /proc/acpi; echo x >/proc/sys/kernel/hostname; mount' \
		>$rootfs/command-default
	sed -i -e 's/"terminal": *true/"terminal": false/' -e "s|\"rootfs\"|\"$rootfs\"|" \
		-e 's|"sh"|"sh", "/command-default"|' config.json
	kist run c </dev/null >$work/out 2>&1
	is user 0 "$(sed -n 1p $work/out)"
	is cgroup 0::/ "$(sed -n 2p $work/out)"
	matches $work/out 'hostname: Read-only file system'
	matches $work/out ' on / type [a-z0-9]* (ro,'
	matches $work/out ' on /sys/fs/cgroup type cgroup2 (ro,'
}

test_without_bundle() {
	kist run --rootfs / --ephemeral c -- /bin/busybox sh -c 'touch /marker; cat /etc/hostname' \
		</dev/null >$work/out
	contains $work/out vm
	gone /marker
}

test_memory_limits() {
	local dir
	resources='"memory": {"limit": 67108864, "reservation": 33554432, "swap": 100663296}'
	start c 'sleep 1000'
	dir=$(cgroup c)
	contains $dir/memory.max 67108864
	contains $dir/memory.low 33554432
	contains $dir/memory.swap.max 33554432
	kist delete --force c
}

test_cpu_limits() {
	local dir
	resources='"cpu": {"shares": 1024, "quota": 50000, "period": 200000, "cpus": "1", "mems": "0"}'
	start c 'grep Cpus_allowed_list /proc/self/status; exec sleep 1000'
	dir=$(cgroup c)
	contains $dir/cpu.max '50000 200000'
	contains $dir/cpu.weight 100
	contains $dir/cpuset.cpus 1
	contains $dir/cpuset.mems 0
	eventually has_text $work/c '^Cpus_allowed_list:.1$'
	kist delete --force c
}

test_pids_limit_stops_fork_bomb() {
	local dir
	resources='"pids": {"limit": 16}'
	start c 'bomb() { bomb & bomb & wait; }; bomb 2>/dev/null & exec sleep 1000'
	dir=$(cgroup c)
	contains $dir/pids.max 16
	eventually grep -q 'max [1-9]' $dir/pids.events
	is 'at most 16 processes' yes "$([ "$(cat $dir/pids.current)" -le 16 ] && echo yes)"
	kist delete --force c
}

test_memory_limit_kills() {
	resources='"memory": {"limit": 33554432, "swap": 33554432}'
	ends_with 137 run c 'exec dd if=/dev/zero of=/dev/null bs=256M count=1'
}

# The same disk that can be read with a rule for it cannot be read without.
test_device_rules() {
	local major minor deny='{"allow": false, "access": "rwm"}' try='
		mknod /dev/disk b $disk && dd if=/dev/disk of=/dev/null bs=512 count=1
		mknod /dev/nothing c 1 3 && echo x >/dev/nothing && echo written'
	IFS=: read -r major minor </sys/block/vda/dev
	try="disk='$major $minor' $try"
	process='"capabilities": {"bounding": ["CAP_MKNOD"], "permitted": ["CAP_MKNOD"],
		"effective": ["CAP_MKNOD"]}'

	resources="\"devices\": [$deny]"
	run c "$try" >$work/out 2>&1
	matches $work/out "'/dev/disk': Operation not permitted"
	matches $work/out written

	resources="\"devices\": [$deny, {\"allow\": true, \"type\": \"b\", \"major\": $major,
		\"minor\": $minor, \"access\": \"r\"}]"
	run c "$try" >$work/out 2>&1
	matches $work/out '1+0 records out'
	matches $work/out written
}

test_cgroup_namespace() {
	is 'own namespace' 0::/ "$(run c 'cat /proc/self/cgroup')"
	namespaces='{"type": "pid"}'
	path=/kist-suite
	is "host's namespace" 0::/kist-suite "$(run c 'cat /proc/self/cgroup')"
}

test_cgroup_mount() {
	local mount='"destination": "/cgroup", "type": "cgroup", "source": "cgroup"'
	local try='mkdir /cgroup/new && rmdir /cgroup/new && echo made; cat /cgroup/cgroup.procs'
	mounts="{$mount, \"options\": [\"rw\", \"nosuid\"]}"
	run c "$try" >$work/out 2>&1
	is writable 'made 1' "$(head -n 2 $work/out | tr '\n' ' ' | sed 's/ $//')"
	mounts="{$mount, \"options\": [\"ro\", \"nosuid\"]}"
	run c "$try" >$work/out 2>&1
	matches $work/out 'Read-only file system'
	matches $work/out '^1$'
}

test_nested_cgroup() {
	mkdir $cgroups/kist-suite
	path=/kist-suite/inner
	resources='"pids": {"limit": 100}, "memory": {"limit": 67108864}'
	start c 'sleep 1000'
	is path $cgroups/kist-suite/inner "$(cgroup c)"
	contains $cgroups/kist-suite/inner/pids.max 100
	kist delete --force c
	rmdir $cgroups/kist-suite
}

# At a dozen moments; whatever was there then goes, and the id can be used again.
test_killed_creator() {
	local delay creator
	bundle c 'exec sleep 1000'
	for delay in 0 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1 0.13 0.16 0.2; do
		/host/kist --root $state create --bundle $bundles/c c </dev/null >$work/out 2>&1 &
		creator=$!
		sleep $delay
		kill -9 $creator 2>/dev/null || true
		wait $creator || true
		kist delete --force c
		leftovers "killed after $delay s"
	done
	is 'used again' hello "$(run c 'echo hello')"
}

test_failing_create() {
	bundle c true
	sed -i 's|"/bin/sh", |"/no/such/program", |' $bundles/c/config.json
	if kist run --bundle $bundles/c c </dev/null >$work/out 2>&1; then
		echo 'has run what does not exist'
		exit 1
	fi
	matches $work/out /no/such/program
}

test_delete() {
	local dir
	start c 'exec sleep 1000'
	dir=$(cgroup c)
	is status running "$(status c)"
	if kist delete c 2>$work/out; then
		echo 'has deleted a running container'
		exit 1
	fi
	kist delete --force c
	gone $dir
	if exists c; then
		echo 'exists after delete'
		exit 1
	fi
}

test_kill() {
	start c 'trap "echo caught; exit" TERM; echo ready; while :; do sleep 0.1; done'
	eventually has_text $work/c ready
	kist kill c TERM
	eventually has_status c stopped
	matches $work/c caught
	kist delete c
}

# Without a pid namespace nothing but the cgroup tells what belongs to the container.
test_kill_all_in_host_pid_namespace() {
	local dir
	namespaces='{"type": "cgroup"}'
	start c 'sleep 1000 & sleep 1000 & exec sleep 1000'
	dir=$(cgroup c)
	eventually has_processes $dir 3
	kist kill --all c KILL
	eventually has_text $dir/cgroup.events 'populated 0'
	eventually has_status c stopped
	kist delete c
}

test_delete_removes_stragglers() {
	local dir
	namespaces='{"type": "cgroup"}'
	start c 'sleep 1000 & exec sleep 1000'
	dir=$(cgroup c)
	eventually has_processes $dir 2
	kist kill c KILL
	eventually has_status c stopped
	kist delete --force c
	gone $dir
}

test_frozen() {
	local dir
	start c 'exec sleep 1000'
	dir=$(cgroup c)
	echo 1 >$dir/cgroup.freeze
	eventually has_text $dir/cgroup.events 'frozen 1'
	is status paused "$(status c)"
	echo 0 >$dir/cgroup.freeze
	eventually has_status c running
	echo 1 >$dir/cgroup.freeze
	eventually has_text $dir/cgroup.events 'frozen 1'
	kist delete --force c
}

# Above the caller's own limit, which takes CAP_SYS_RESOURCE; the container itself has none.
test_raised_limits() {
	process='"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 700000, "hard": 800000}]'
	ulimit -Hn 4096
	is 'soft and hard limit' '700000 800000' "$(run c 'echo $(ulimit -Sn) $(ulimit -Hn)')"
}

test_lowered_oom_score() {
	process='"oomScoreAdj": -500'
	is oom_score_adj -500 "$(run c 'cat /proc/self/oom_score_adj')"
}

# profile NAME RULE...: loads a profile that allows everything but what RULEs deny.
profile() {
	local name=$1
	shift
	apparmor_parser --replace --skip-cache <<-EOT
		profile $name flags=(attach_disconnected, mediate_deleted) {
			capability, file, network, mount, remount, umount, pivot_root, ptrace,
			signal, unix, change_profile,
			$*
		}
	EOT
}

no_profile() {
	apparmor_parser --remove <<-EOT
		profile $1 { }
	EOT
}

label='cat /proc/self/attr/apparmor/current; echo x >/denied || echo denied'

test_apparmor_profile() {
	local privileges
	profile kist-suite 'deny /denied w,'
	for privileges in true false; do
		process="\"apparmorProfile\": \"kist-suite\", \"noNewPrivileges\": $privileges"
		run c "$label" >$work/out 2>/dev/null
		contains $work/out 'kist-suite (enforce)
denied'
	done
	start c 'exec sleep 1000'
	contains /proc/$(pid c)/attr/apparmor/current 'kist-suite (enforce)'
	is 'of exec' 'kist-suite (enforce)' "$(kist exec c /bin/cat /proc/self/attr/apparmor/current)"
	is 'of exec --apparmor' unconfined \
		"$(kist exec --apparmor unconfined c /bin/cat /proc/self/attr/apparmor/current)"
	kist delete --force c
	process=''
	is 'without a profile' unconfined "$(run c 'cat /proc/self/attr/apparmor/current')"
	no_profile kist-suite
}

# What the program may do is the profile's business, what init does until then is not.
test_apparmor_profile_for_a_user() {
	profile kist-suite 'deny capability, deny mount, deny /etc/passwd r,'
	process='"apparmorProfile": "kist-suite", "noNewPrivileges": true'
	bundle c 'cat /proc/self/attr/apparmor/current'
	sed -i 's/"uid": 0, "gid": 0/"uid": 1000, "gid": 1000/' $bundles/c/config.json
	is label 'kist-suite (enforce)' "$(kist run --bundle $bundles/c c </dev/null)"
	no_profile kist-suite
}

test_apparmor_profile_that_is_not_loaded() {
	process='"apparmorProfile": "kist-nowhere"'
	ends_with 1 run c 'echo ran' >$work/out 2>&1
	matches $work/out 'process.apparmorProfile: .*"exec kist-nowhere".*(the profile is not loaded)'
	is lines 1 "$(wc -l <$work/out)"
}

# Rather no container than one without its profile.
test_apparmor_profile_that_the_caller_may_not_give() {
	profile kist-outer 'deny change_profile,'
	profile kist-suite
	process='"apparmorProfile": "kist-suite"'
	bundle c 'echo ran'
	ends_with 1 aa-exec -p kist-outer -- /host/kist --root $state run --bundle $bundles/c c \
		</dev/null >$work/out 2>&1
	matches $work/out 'exec kist-suite.*: Permission denied$'
	no_profile kist-outer
	no_profile kist-suite
}

test_apparmor_unconfined() {
	process='"apparmorProfile": "unconfined"'
	is label unconfined "$(run c 'cat /proc/self/attr/apparmor/current')"
}

# With noNewPrivileges the kernel lets a confined caller add a profile to its own, not exchange it.
test_apparmor_stacking() {
	profile kist-outer
	profile kist-suite 'deny /denied w,'
	process='"apparmorProfile": "kist-suite", "noNewPrivileges": true'
	bundle c "$label"
	aa-exec -p kist-outer -- /host/kist --root $state run --bundle $bundles/c c </dev/null \
		>$work/out 2>/dev/null
	contains $work/out 'kist-outer//&kist-suite (enforce)
denied'
	process='"apparmorProfile": "kist-suite", "noNewPrivileges": false'
	bundle c "$label"
	aa-exec -p kist-outer -- /host/kist --root $state run --bundle $bundles/c c </dev/null \
		>$work/out 2>/dev/null
	contains $work/out 'kist-suite (enforce)
denied'
	no_profile kist-outer
	no_profile kist-suite
}

# A profile in unconfined mode, as Ubuntu gives to runtimes, is no confinement to add to.
test_apparmor_unconfined_profile() {
	apparmor_parser --replace --skip-cache <<-EOT
		profile kist-outer flags=(unconfined) { }
	EOT
	profile kist-suite
	process='"apparmorProfile": "kist-suite", "noNewPrivileges": true'
	bundle c 'cat /proc/self/attr/apparmor/current'
	aa-exec -p kist-outer -- cat /proc/self/attr/apparmor/current >$work/out
	contains $work/out 'kist-outer (unconfined)'
	aa-exec -p kist-outer -- /host/kist --root $state run --bundle $bundles/c c </dev/null \
		>$work/out
	contains $work/out 'kist-suite (enforce)'
	no_profile kist-outer
	no_profile kist-suite
}

# CVE-2019-16884: an image whose /proc swallows the label.
test_apparmor_with_a_false_proc() {
	local false=$rootfs/proc/self/attr
	profile kist-suite
	mkdir -p $false/apparmor
	touch $false/exec $false/current $false/apparmor/exec $false/apparmor/current
	process='"apparmorProfile": "kist-suite"'
	bundle c 'cat /mnt/self/attr/apparmor/current'
	sed -i 's|"destination": "/proc"|"destination": "/mnt"|' $bundles/c/config.json
	is label 'kist-suite (enforce)' "$(kist run --bundle $bundles/c c </dev/null)"
	is 'the false file' '' "$(cat $false/exec $false/apparmor/exec)"
	rm -r $rootfs/proc/self
	no_profile kist-suite
}

test_affinity_of_the_caller() {
	bundle c 'grep Cpus_allowed_list /proc/self/status'
	is 'CPUs of the caller' 0x1 "0x$(taskset 1 sh -c 'taskset -p $$' | sed 's/.*: //')"
	taskset 1 /host/kist --root $state run --bundle $bundles/c c </dev/null >$work/out
	matches $work/out '^Cpus_allowed_list:.0-1$'
}

# Of the whole machine, since v2 has no shares of real time.
test_real_time() {
	process='"scheduler": {"policy": "SCHED_FIFO", "priority": 7}'
	run c 'set -- $(cut -d ")" -f 2 /proc/self/stat); echo ${39} ${38}' >$work/out
	contains $work/out '1 7'
}

test_two_containers() {
	local a b
	start a 'hostname; exec sleep 1000'
	start b 'hostname; exec sleep 1000'
	a=$(cgroup a)
	b=$(cgroup b)
	is 'one cgroup for each' yes "$([ $a != $b ] && echo yes)"
	eventually has_text $work/a a
	eventually has_text $work/b b
	kist list >$work/out
	matches $work/out '^a .*running'
	matches $work/out '^b .*running'
	kist delete --force a
	gone $a
	is 'status of the other' running "$(status b)"
	kist delete --force b
}

# With systemd as the manager: a service is ready when its container says so, and init is what it
# watches.
test_service_of_systemd() {
	local unit=kist-suite.service
	of_service() {
		systemctl show --value -p "$1" $unit
	}
	has_become() {
		[ "$(of_service ActiveState)" = "$1" ]
	}
	systemd-run --quiet --no-block --unit=$unit --service-type=notify /host/kist --root $state \
		run --rootfs / --ephemeral c -- /bin/sh -c '
			trap ready=1 USR1
			until [ "$ready" ]; do sleep 0.1; done
			systemd-notify --ready --status="said inside"
			exec sleep 1000'
	eventually has_status c running
	is state activating "$(of_service ActiveState)"
	kist kill c USR1
	eventually has_become active
	is status 'said inside' "$(of_service StatusText)"
	is 'main process' "$(pid c)" "$(of_service MainPID)"
	kist kill c KILL
	eventually has_become inactive
}

test_named_network_namespace() {
	/sbin/ip netns add kist-suite
	namespaces='{"type": "pid"}, {"type": "network", "path": "/run/netns/kist-suite"}'
	is namespace "net:[$(stat -c %i /run/netns/kist-suite)]" \
		"$(run c 'readlink /proc/self/ns/net')"
	/sbin/ip netns delete kist-suite
	umount /run/netns
}

# What dockerd asks for on cgroup v2; its files and directories are made here.
test_docker_config() {
	mkdir -p $work/files $bundles/docker $cgroups/kist-suite/docker
	for file in resolv.conf hostname hosts; do
		echo $file >$work/files/$file
	done
	sed -e "s|@ROOTFS@|$rootfs|; s|@FILES@|$work/files|; s|@CGROUPS@|/kist-suite|; s|@ID@|c|" \
		-e 's|"echo", "hi"|"sh", "/command-docker"|' \
		configs/docker-28-cgroup2.json >$bundles/docker/config.json
	cat >$rootfs/command-docker <<-'EOT'
		cat /etc/hostname
		grep -E '^(CapEff|Seccomp):' /proc/self/status
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start
		mount -t tmpfs tmpfs /mnt
		ls -A /sys/firmware
		dd if=/dev/kmsg of=/dev/null count=1
		mknod /dev/disk b 254 0 && dd if=/dev/disk of=/dev/null count=1
	EOT
	kist run --bundle $bundles/docker c </dev/null >$work/out 2>&1 || true
	sed -n '1,4p' $work/out | tr '\t\n' '  ' >$work/head
	contains $work/head 'hostname CapEff: 00000000a80425fb Seccomp: 2 0 '
	matches $work/out '^mount: permission denied'
	matches $work/out "'/dev/disk': Operation not permitted"
	rmdir $cgroups/kist-suite/docker $cgroups/kist-suite
}

# Running them.

# All that a container can leave on its host. Processes: those in a mount namespace that is not this
# one, and kist itself.
survey() {
	find $cgroups -type d | sort
	cut -d ' ' -f 4- /proc/self/mountinfo
	ls -A $state 2>/dev/null
	ls -l /proc/[0-9]*/ns/mnt /proc/[0-9]*/exe 2>/dev/null |
		sed -n "s|.* \(/proc/.*/ns/mnt -> .*\)|\1|p; s|.* \(/proc/.*/exe -> /host/.*\)|\1|p" |
		grep -v -F "$(readlink /proc/self/ns/mnt)"
}

as_before() {
	survey >$work/after
	cmp -s $work/before $work/after
}

# leftovers WHEN: fails when the host is not as it was before the cases.
leftovers() {
	local tries=20
	# The kernel takes a moment to forget a process that was killed.
	until as_before; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			echo "left behind, $1:"
			diff $work/before $work/after | grep '^[-+][^-+]'
			exit 1
		}
		sleep 0.1
	done
}

# So that one case that fails does not make the others fail; without the help of kist, which may be
# the reason.
clean() {
	local dir
	for dir in $(find $cgroups -depth -type d); do
		grep -q -x "$dir" $work/before || {
			echo 1 >$dir/cgroup.kill
			sleep 0.1
			rmdir $dir
		}
	done
	rm -rf ${state:?}/*
	/sbin/ip netns delete kist-suite
	umount /run/netns
} >/dev/null 2>&1

run_case() {
	(
		set -eu
		test_$1
		leftovers 'at the end'
	) >$work/log 2>&1
	if [ $? = 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		uniq $work/log | tail -n 20 | sed 's/^/# /'
		clean
	fi
}

make_rootfs() {
	mkdir -p $rootfs/bin $rootfs/etc $rootfs/mnt $rootfs/proc $rootfs/sys $rootfs/dev
	cp /bin/busybox $rootfs/bin
	chroot $rootfs /bin/busybox --install -s /bin
}

select_cases() {
	if [ -s cases ]; then
		cat cases
	else
		sed -n 's/^test_\([a-z_]*\)() {$/\1/p' "$0"
	fi
}

mkdir -p $work $state $bundles
make_rootfs
survey >$work/before
cases=$(select_cases)
set -- $cases
echo "1..$#"
for case; do
	run_case $case
done
