"""The user data of the NAT instance, run by bash as cloud-init runs it, with programs that fail at first."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modules.network.nat_user_data import NAT_USER_DATA, REPORT

pytestmark = pytest.mark.thorough

# What a program of the instance does when it does not fail. `iptables` is not there before dnf has installed it.
PROGRAMS = {
    "dnf": '[ "$*" = "install --assumeyes iptables-services" ] && cp "$FAKES/.iptables" "$FAKES/iptables"',
    "sysctl": '[ "$1" = -p ] && cp "$2" "$STATE/sysctl"',
    "ip": """echo '[{"dst": "default", "gateway": "10.0.0.1", "dev": "ens5"}]'""",
    "curl": '[ -s "$STATE/rules" ]',
    "sleep": 'echo "$1" >> "$STATE/slept"',
    ".iptables": """case "$*" in
      *--flush*) ;;
      *--check*) grep --quiet --line-regexp --fixed-strings -- "${*/--check/--append}" "$STATE/rules" ;;
      *) echo "$*" >> "$STATE/rules" ;;
    esac""",
}
MASQUERADE = "--table nat --append POSTROUTING --out-interface ens5 --jump MASQUERADE"


class Instance:
    """An instance that has just been made. `failures` says how often each program fails before it works."""

    def __init__(self, directory: Path, failures: dict[str, int] | None = None) -> None:
        self.state, self.fakes = directory / "state", directory / "bin"
        self.state.mkdir()
        self.fakes.mkdir()
        self.console = self.state / "console"
        (self.state / "sysctl.d").mkdir()
        for name, work in PROGRAMS.items():
            self.put(name, work, (failures or {}).get(name.removeprefix("."), 0))
        for name in ("bash", "cp", "grep"):
            found = shutil.which(name)
            assert found
            (self.fakes / name).symlink_to(found)
        self.put("python3", f'exec {sys.executable} "$@"', 0)
        self.script = directory / "part-001"
        self.script.write_text(
            part("text/x-shellscript")
            .replace("> /dev/console", f">> {self.console}")
            .replace("/etc/sysctl.d", str(self.state / "sysctl.d"))
        )

    def put(self, name: str, work: str, failures: int) -> None:
        left = self.state / f"failures-of-{name.removeprefix('.')}"
        left.write_text(f"{failures}\n")
        program = self.fakes / name
        program.write_text(
            f"#!/bin/bash\nread -r left < {left}\n((left == 0)) || {{ echo $((left - 1)) > {left}; exit 1; }}\n{work}\n"
        )
        program.chmod(0o755)

    def boot(self) -> int:
        """What the script ends with."""
        variables = {"PATH": str(self.fakes), "FAKES": str(self.fakes), "STATE": str(self.state)}
        return subprocess.run(["bash", str(self.script)], env=variables, capture_output=True, timeout=60).returncode

    @property
    def reports(self) -> list[str]:
        return [line.rstrip() for line in REPORT.findall(self.console.read_text())]

    @property
    def forwards(self) -> bool:
        """Whether the kernel forwards, and translates addresses by one rule."""
        sysctl, rules = self.state / "sysctl", self.state / "rules"
        is_on = sysctl.exists() and sysctl.read_text() == "net.ipv4.ip_forward = 1\n"
        return is_on and rules.exists() and rules.read_text().splitlines() == [MASQUERADE]


def part(content_type: str) -> str:
    message = email.message_from_string(NAT_USER_DATA)
    (found,) = [each for each in message.walk() if each.get_content_type() == content_type]
    return str(found.get_payload())


def test_an_instance_on_which_nothing_fails_forwards_and_says_so(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    assert instance.boot() == 0
    assert instance.forwards
    assert instance.reports == ["not configured yet", "ready"]
    assert not (instance.state / "slept").exists()


@pytest.mark.parametrize(
    ("program", "step"),
    [
        ("dnf", "install iptables"),
        ("sysctl", "forward packets"),
        ("ip", "find the default route"),
        ("iptables", "translate addresses"),
        ("curl", "reach the internet"),
    ],
)
def test_what_fails_at_first_is_tried_until_the_instance_forwards(program: str, step: str, tmp_path: Path) -> None:
    instance = Instance(tmp_path, {program: 3})
    assert instance.boot() == 0
    assert instance.forwards
    assert instance.reports == [
        "not configured yet",
        *(f"not configured: cannot {step} (attempt {attempt} of 240)" for attempt in (1, 2, 3)),
        "ready",
    ]
    assert (instance.state / "slept").read_text() == "15\n" * 3


def test_it_converges_although_everything_fails_for_a_while(tmp_path: Path) -> None:
    instance = Instance(tmp_path, dict.fromkeys(("dnf", "sysctl", "ip", "iptables", "curl"), 5))
    assert instance.boot() == 0
    assert instance.forwards
    assert instance.reports[-1] == "ready"


def test_an_instance_without_a_route_waits_for_one(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.put("ip", f"[ -e $STATE/asked ] && {PROGRAMS['ip']} || {{ echo > $STATE/asked; echo '[]'; }}", 0)
    assert instance.boot() == 0
    assert instance.forwards
    assert instance.reports[1:] == ["not configured: cannot find the default route (attempt 1 of 240)", "ready"]


def test_what_fails_for_ever_ends_after_an_hour_and_stays_visible(tmp_path: Path) -> None:
    instance = Instance(tmp_path, {"dnf": 10_000})
    assert instance.boot() == 1
    assert not instance.forwards
    assert len((instance.state / "slept").read_text().split()) * 15 == 60 * 60
    assert instance.reports[-1] == "not configured: cannot install iptables (attempt 240 of 240)"


def test_the_next_boot_installs_nothing_and_adds_no_second_rule(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    assert instance.boot() == 0
    instance.put("dnf", "exit 1", 0)
    assert instance.boot() == 0
    assert instance.forwards
    assert instance.reports == ["not configured yet", "ready"] * 2


def test_cloud_init_runs_it_at_every_boot_in_place_of_a_plain_script() -> None:
    assert NAT_USER_DATA.startswith("MIME-Version: 1.0\n")  # as cloud-init knows it
    assert part("text/cloud-config") == "#cloud-config\ncloud_final_modules:\n  - [scripts-user, always]\n"
    message = email.message_from_string(NAT_USER_DATA)
    (script,) = [each for each in message.walk() if each.get_content_type() == "text/x-shellscript"]
    assert script.get_filename() == "part-001"  # the name of user data that is nothing but a script
    assert part("text/x-shellscript").startswith("#!/bin/bash\n")


def test_terraform_finds_nothing_to_fill_in() -> None:
    assert not re.search(r"[$%]\{", NAT_USER_DATA)
    assert len(NAT_USER_DATA.encode()) < 16 * 1024  # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
