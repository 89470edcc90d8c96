#!/usr/bin/env bash
# A cluster of three hosts on one machine, to try or test onpremise.yaml with: each host has its own network, processes,
# /tmp and home, and an sshd; a fourth, the laptop, starts the cluster over ssh, submits SPEC through a tunnel, and one
# worker is unplugged once the first results are there. Ends with the job's exit status, and leaves nothing behind but OUTPUT.
#
#   sudo cluster/local_hosts.sh SPEC OUTPUT
#
# Needs root, ip, sshd, ssh, rsync and overlay mounts. This project, SPEC and OUTPUT lie outside of /tmp: all else is one
# file system.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
spec=$(realpath "$1") output=$(realpath -m "$2")
bin=${DISTGROUP_BIN:-$project/.venv/bin} # where distgroup and ray are installed
net=10.77.0                              # nothing beyond these addresses can be reached from any of the hosts
declare -A address=([head]=$net.1 [one]=$net.2 [two]=$net.3 [laptop]=$net.4)
for path in "$project" "$spec" "$output"; do
  [[ $path/ != /tmp/* ]] || { echo "$path: must lie outside of /tmp, of which each host has its own" >&2; exit 2; }
done
work=$(mktemp -d /var/tmp/distgroup-hosts.XXXXXX)

clean_up() {
  for host in "${!address[@]}"; do
    [ ! -f "$work/$host.pid" ] || kill -9 "$(cat "$work/$host.pid")" 2>/dev/null || true # with it, all that runs there
    ip netns delete "dg-$host" 2>/dev/null || true
  done
  ip netns delete dg-switch 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

plug_in() { # a host's network card, and the switch's port for it
  local host=$1
  ip netns add "dg-$host"
  ip -n dg-switch link add "to-$host" type veth peer name eth0 netns "dg-$host"
  ip -n dg-switch link set "to-$host" master switch up
  ip -n "dg-$host" address add "${address[$host]}/24" dev eth0
  ip -n "dg-$host" link set lo up
  ip -n "dg-$host" link set eth0 up
  ip -n "dg-$host" route add default via $net.254 # nobody: Ray takes the address that such a route would use for its own
}

boot() { # processes, /tmp/ray and home of its own; the first process is an sshd
  local host=$1
  mkdir -p "$work/$host"
  ip netns exec "dg-$host" unshare --mount --uts --pid --fork --mount-proc --kill-child bash -c '
    set -e
    mount -t tmpfs tmpfs "$1" && mkdir "$1/home" "$1/home.work"
    mount -t overlay overlay -o "lowerdir=$HOME,upperdir=$1/home,workdir=$1/home.work" "$HOME"
    mount -t tmpfs tmpfs /tmp
    rm -rf "$HOME/.ray" # a token there would turn authentication on
    hostname "$2"
    mkdir -p /run/sshd
    exec /usr/sbin/sshd -D -e -f "$3/sshd_config" -o "ListenAddress=$4"
  ' - "$work/$host" "dg-$host" "$work" "${address[$host]}" >"$work/$host.log" 2>&1 &
  echo $! >"$work/$host.pid"
  disown
}

on_laptop() { # HOME as it is there
  ip netns exec dg-laptop nsenter --target "$(pgrep -P "$(cat "$work/laptop.pid")")" --mount --pid --uts \
    env "PATH=$bin:$PATH" RAY_USAGE_STATS_ENABLED=0 "$@"
}

ssh-keygen -q -t ed25519 -N "" -f "$work/key"
ssh-keygen -q -t ed25519 -N "" -f "$work/host_key"
cat >"$work/sshd_config" <<END
HostKey $work/host_key
AuthorizedKeysFile $work/key.pub
PermitRootLogin prohibit-password
StrictModes no
PidFile none
END

# The launch file, for these hosts: what is installed already need not be sent and installed.
"$bin/python" - "$project/cluster/onpremise.yaml" "$work" "$bin" "$net" >"$work/onpremise.yaml" <<'END'
import sys
import yaml
path, work, bin, net = sys.argv[1:]
config = yaml.safe_load(open(path).read().replace("~/distgroup-venv/bin", bin))
config["provider"] |= {"head_ip": f"{net}.1", "worker_ips": [f"{net}.2", f"{net}.3", f"{net}.254"]}
config["auth"] = {"ssh_user": "root", "ssh_private_key": f"{work}/key"}
config |= {"file_mounts": {}, "setup_commands": []}
# A host that is unplugged is noticed in seconds, and three hosts on one machine do not each have all of it.
checks = {"initial_delay_ms": 1000, "period_ms": 1000, "timeout_ms": 2000, "failure_threshold": 5}
checks = {f"health_check_{name}": value for name, value in checks.items()}
checks |= {"grpc_client_keepalive_time_ms": 10000, "grpc_client_keepalive_timeout_ms": 5000}
quick = " ".join(f"RAY_{name}={value}" for name, value in checks.items())
for role in "head", "worker":
    config[f"{role}_start_ray_commands"] = [
        f"export {quick}; {line} --num-cpus=1 --object-store-memory=100000000" if "ray start" in line else line
        for line in config[f"{role}_start_ray_commands"]
    ]
print(yaml.safe_dump(config, width=1000))
END

ip netns add dg-switch
ip -n dg-switch link add switch type bridge
ip -n dg-switch link set switch up
for host in "${!address[@]}"; do plug_in "$host"; done
for host in "${!address[@]}"; do boot "$host"; done
sleep 1

echo "starting the cluster"
up() { on_laptop ray up -y --no-config-cache --disable-usage-stats "$work/onpremise.yaml" >"$work/up.log" 2>&1; }
up || up || up || { # on a busy machine a head may take longer than the half minute that Ray gives it
  cat "$work/up.log"
  exit 1
}
ray_status() { on_laptop ray exec "$work/onpremise.yaml" "PATH=$bin:\$PATH ray status" 2>&1 || true; }
until [[ $(ray_status) == *"/3.0 CPU"* ]]; do sleep 1; done
echo "all three hosts are up"
on_laptop ray dashboard "$work/onpremise.yaml" >"$work/tunnel.log" 2>&1 &
echo "submitting"
on_laptop distgroup submit "$spec" --address http://127.0.0.1:8265 --output "$output" &
job=$!
until [ -n "$(find "$output/tables/subsets" -name '[!.]*.parquet' -print -quit 2>/dev/null)" ]; do
  kill -0 $job 2>/dev/null || break
  sleep 0.5
done
echo "unplugging host two"
ip -n dg-two link set eth0 down
wait $job
