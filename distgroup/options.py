"""The base of everything that a spec can configure: frozen, and a misspelt key is an error."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


class Options(BaseModel):
    """Validated, immutable, hashable options."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _truth_is_no_number(cls, values: Any) -> Any:
        """YAML reads ``yes`` and ``on`` as true, which would pass for 1."""
        found = values.items() if isinstance(values, dict) else ()
        wrong = [(name, value) for name, value in found if _holds_truth(value) and not _takes_truth(cls, name)]
        if wrong:
            why = PydanticCustomError("truth", "must not be true or false (which YAML takes yes, no, on and off for)")
            details = [InitErrorDetails(type=why, loc=(name,), input=value) for name, value in wrong]
            raise ValidationError.from_exception_data(cls.__name__, details)
        return values


def _holds_truth(value: Any) -> bool:
    return any(isinstance(entry, bool) for entry in (value if isinstance(value, list | tuple) else [value]))


def _takes_truth(model: type[Options], name: str) -> bool:
    annotation = model.model_fields[name].annotation if name in model.model_fields else bool
    return annotation is bool or bool in get_args(annotation)
