"""The base of everything that a spec can configure: frozen, and a misspelt key is an error."""

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Validated, immutable, hashable options."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
