#!/bin/bash
# A real Ceph RADOS Gateway (S3) on loopback, with everything in memory, for tests.
#
#   start-rgw.sh DIR PORT     takes PORT, PORT+1 and PORT+2; prints "ready http://127.0.0.1:PORT" when it answers
#
# Runs until its standard input ends, so that it never outlives whoever started it; then it removes DIR.
# Access key "testkey", secret "testsecret". Needs Debian's radosgw, ceph-mon, ceph-osd and ceph-common.
set -eu
dir=$(realpath -m "$1") port=$2
[ ! -e "$dir" ] || { echo "$dir exists already" >&2; exit 1; }
mkdir -p "$dir"/{mon,osd,run,log,rgw}
address="[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]"
cluster=$(cat /proc/sys/kernel/random/uuid) disk=$(cat /proc/sys/kernel/random/uuid)

cleanup() {
  trap - EXIT
  exec 2>/dev/null
  for child in $(jobs -p); do kill -KILL "$child" 2>/dev/null || true; done
  wait
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $cluster
mon host = $address
public network = 127.0.0.0/8
ms bind ipv4 = true
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms client mode = crc
ms cluster mode = crc
ms service mode = crc
mgr initial modules =
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data = $dir/mon
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd max object name len = 256
osd max object namespace len = 64
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
keyring = $dir/keyring
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $dir/rgw
rgw thread pool size = 64
rgw crypt require ssl = false
CONF

conf=(-c "$dir/ceph.conf")
exec 3>"$dir/log/start.log"
monmaptool --create --fsid "$cluster" --addv a "$address" "$dir/monmap" >&3 2>&3
ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' >&3 2>&3
for name in client.admin client.rgw; do
  ceph-authtool "$dir/keyring" --gen-key -n "$name" --cap mon 'allow *' --cap osd 'allow *' >&3 2>&3
done
ceph-mon "${conf[@]}" -i a --mkfs --monmap "$dir/monmap" --keyring "$dir/keyring" >&3 2>&3
ceph-mon "${conf[@]}" -i a -f --public-addrv "$address" </dev/null >&3 2>&3 &
ceph "${conf[@]}" --connect-timeout 30 osd new "$disk" </dev/null >&3 2>&3
ceph-osd "${conf[@]}" -i 0 --mkfs --osd-uuid "$disk" --no-mon-config </dev/null >&3 2>&3
ceph-osd "${conf[@]}" -i 0 -f </dev/null >&3 2>&3 &
radosgw-admin "${conf[@]}" user create --uid test --display-name test \
  --access-key testkey --secret-key testsecret </dev/null >&3 2>&3
radosgw "${conf[@]}" -n client.rgw -f </dev/null >&3 2>&3 &

for _ in $(seq 1 300); do
  if (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "ready http://127.0.0.1:$port"
    # Ends when whoever started us does.
    cat >/dev/null
    exit 0
  fi
  sleep 0.1
done
echo "radosgw did not answer on port $port; see the end of its log:" >&2
tail -n 20 "$dir"/log/*.log >&2
exit 1
