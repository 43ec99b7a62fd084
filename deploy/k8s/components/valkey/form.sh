#!/bin/sh
# Makes one cluster of six empty servers, once. Pods come back with their own disks and find each other again by themselves.
set -eu
REDISCLI_AUTH=$(cat /run/secrets/valkey/password)
export REDISCLI_AUTH # which valkey-cli reads
nodes=""
for number in 0 1 2 3 4 5; do
  host="valkey-$number.valkey-nodes"
  until valkey-cli -h "$host" ping | grep -q PONG; do sleep 1; done
  nodes="$nodes $(getent hosts "$host" | cut -d' ' -f1):6379"
done
if valkey-cli -h valkey-0.valkey-nodes cluster info | grep -q 'cluster_state:ok'; then
  echo 'it is a cluster already'
  exit 0
fi
# shellcheck disable=SC2086 # a list of addresses
valkey-cli --cluster create $nodes --cluster-replicas 1 --cluster-yes
