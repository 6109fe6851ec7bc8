"""What somebody can ask for that is recorded, whether it is done or refused."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """`SEVERAL` stands for refused acts that were too many to be recorded one by one."""

    REQUEST_EXPORT = "request-export"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    GRANT_DOWNLOAD = "grant-download"
    DOWNLOAD = "download"
    CREATE_KEY = "create-key"
    REVOKE_KEY = "revoke-key"
    SEVERAL = "several"
