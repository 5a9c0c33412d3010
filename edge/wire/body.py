"""What every body of an event is, whatever it tells of."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Anything a row's body holds; later versions add keys, old readers ignore them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
