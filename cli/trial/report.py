"""What came out of a trial: a row for each check, and what to read where one failed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was looked at."""

    process: str
    check: str
    is_passed: bool | None
    """None: not tried."""
    said: str


@dataclass(kw_only=True)
class Report:
    """Filled while the trial runs."""

    rows: list[Row] = field(default_factory=list)
    logs: dict[str, list[str]] = field(default_factory=dict)
    """The end of the log of each container that failed."""
    given: set[str] = field(default_factory=set)
    """The variables that were set for processes of which it is known what they read."""
    read: set[str] = field(default_factory=set)
    """What any of them read."""
    differences: list[str] = field(default_factory=list)
    """What is not as it is in AWS."""
    secrets: list[str] = field(default_factory=list)
    """What no output may show."""

    def add(self, process: str, check: str, wrong: str, said: str = "") -> bool:
        """Note a check, which is passed where nothing is wrong."""
        self.rows.append(Row(process=process, check=check, is_passed=not wrong, said=wrong or said))
        return not wrong

    def omit(self, process: str, check: str, why: str) -> None:
        """Note what was not tried."""
        self.rows.append(Row(process=process, check=check, is_passed=None, said=why))

    @property
    def unread(self) -> list[str]:
        """What is set and never read; empty where something failed, which would have read more."""
        return [] if self.failed else sorted(self.given - self.read)

    @property
    def failed(self) -> str:
        """The first process of which a check failed; empty where all passed."""
        return next((row.process for row in self.rows if row.is_passed is False), "")
