#!/usr/bin/env bash
# Fetches Debian 12's Prometheus, whose promtool tests the alerts, into .tools/prometheus and prints promtool's path.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

promtool=$tools/prometheus/bin/promtool
if [[ ! -x $promtool ]]; then
  unpack prometheus bookworm prometheus
  wrap usr/bin/promtool
  wrap usr/bin/prometheus
  keep
fi
echo "$promtool"
