"""What a NAT instance does at every boot, and the line of its console that says whether it has done it.

Standard library only, because the command line reads that console: docs/adr/0012-nat-instance.md.
"""

from __future__ import annotations

import re

READY = "ready"

REPORT = re.compile(rf"\bnat: ({READY}\b|not configured.*)")
"""On the console, among what the kernel says there; the last one counts."""

# https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
_SCRIPT = """#!/bin/bash
# The first boot comes before the address of the instance, and shares the lock of rpm with Amazon's own updates: what
# fails is tried again for an hour. Every step may run twice.
set -u

report() { echo "nat: $1" > /dev/console; }

configure() {
  step='install iptables'
  command -v iptables > /dev/null || dnf install --assumeyes iptables-services || return
  step='forward packets'
  echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-nat.conf || return
  sysctl -p /etc/sysctl.d/90-nat.conf || return
  step='find the default route'
  interface=$(ip -json route show default |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["dev"])') || return
  step='translate addresses'
  iptables --flush FORWARD || return
  rule="POSTROUTING --out-interface $interface --jump MASQUERADE"
  iptables --table nat --check $rule || iptables --table nat --append $rule || return
  step='reach the internet'
  curl --silent --show-error --output /dev/null --max-time 10 https://checkip.amazonaws.com
}

report 'not configured yet'
for attempt in {1..240}; do
  if configure; then
    report ready
    exit
  fi
  report "not configured: cannot $step (attempt $attempt of 240)"
  sleep 15
done
exit 1
"""

# cloud-init runs a plain script at the first boot only, this one at each. Its name is that of a plain script, which it
# replaces on an instance that was made with one.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
NAT_USER_DATA = f"""MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="nat"

--nat
Content-Type: text/cloud-config; charset="us-ascii"

#cloud-config
cloud_final_modules:
  - [scripts-user, always]

--nat
Content-Type: text/x-shellscript; charset="us-ascii"
Content-Disposition: attachment; filename="part-001"

{_SCRIPT}
--nat--
"""
