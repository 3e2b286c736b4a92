"""What every message between app and presenter has in common; the messages are in `protocols.messages`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

VERSION: Literal[2] = 2


class Message(BaseModel):
    """Base of all messages: the version of the schema, no unknown keys, no later change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    v: Literal[2] = VERSION
