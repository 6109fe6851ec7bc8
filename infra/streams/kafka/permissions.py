"""Who may do what on a Kafka that is secured. aiokafka has no calls for it, and a service that may
hand out permissions would have too many: an administrator runs `kafka-acls.sh` with these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from domain.streams import Kind
from schemas.topics import topic_of

Operation = Literal["Create", "Describe", "Read", "Write"]

_OURS = "waybill."


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """`prefixed`: of everything whose name begins with `name`."""

    principal: str
    operations: Sequence[Operation]
    on: Literal["topic", "group"]
    name: str
    prefixed: bool

    def arguments(self) -> list[str]:
        """Of `kafka-acls.sh`."""
        pattern = "prefixed" if self.prefixed else "literal"
        return [
            "--add", "--allow-principal", f"User:{self.principal}",
            *(part for operation in self.operations for part in ("--operation", operation)),
            f"--{self.on}", self.name, "--resource-pattern-type", pattern,
        ]  # fmt: skip


def service_permissions(principal: str, prefix: str) -> list[Permission]:
    """The service makes, fills and reads all topics and groups that are its own."""
    every: tuple[Operation, ...] = ("Create", "Describe", "Read", "Write")
    ours = prefix + _OURS
    return [
        Permission(principal=principal, operations=every, on="topic", name=ours, prefixed=True),
        Permission(
            principal=principal,
            operations=("Describe", "Read"),
            on="group",
            name=ours,
            prefixed=True,
        ),
    ]


def subscriber_permissions(principal: str, prefix: str) -> list[Permission]:
    """A subscriber reads the public topics, in groups whose names begin with its own and a dot."""
    read: tuple[Operation, ...] = ("Describe", "Read")
    topics = [
        Permission(
            principal=principal,
            operations=read,
            on="topic",
            name=prefix + topic_of(kind),
            prefixed=False,
        )
        for kind in Kind
    ]
    groups = Permission(
        principal=principal, operations=read, on="group", name=f"{principal}.", prefixed=True
    )
    return [*topics, groups]
