"""The tables [[platform]]: who is asked what an opaque code means, and how their answers count."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from edge.config import values
from edge.config.values import Device, Table, key, wrong

_SHORTEST = 4


def _prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    # A short beginning would send what anybody's poster says to the platform.
    if not prefixes or any(len(text) < _SHORTEST or not text.isprintable() for text in prefixes):
        raise wrong(
            f'beginnings of codes, each at least {_SHORTEST} characters, such as ["https://hc.example/"]',
            f'写码内容的开头，每个至少 {_SHORTEST} 个字，例如 ["https://hc.example/"]',
        )
    return prefixes


class Platform(Table):
    """Who is asked what an opaque code means."""

    name: Annotated[str, AfterValidator(values.slug)] = key(
        "name of the platform on the pages and in the records",
        "平台名称，页面和记录里显示",
        example="province",
    )
    carrier: Literal["china_health", "china_itinerary", "china_venue"] = key(
        "which kind of code it knows", "它认识哪一种码：健康码、行程码、场所码", example="china_health"
    )
    match: Annotated[tuple[str, ...], AfterValidator(_prefixes)] = key(
        "how its codes begin; every other code is not shown to it",
        "它的码以什么开头；其他的码不会发给它",
        example=["https://hc.example/code?"],
        lax=True,
    )
    timeout_s: float = key(
        "seconds the lane waits for an answer before the attendant is asked to look",
        "通道最多等几秒，之后请门岗人工查看",
        default=2.0,
        ge=1,
        le=10,
    )
    again_s: int = key(
        "seconds an answer is good for before the same code is asked about again",
        "同一个码在多少秒内不再重复查询",
        default=600,
        ge=0,
        le=86_400,
    )
    keep_s: int = key(
        "seconds an answer counts, with its age shown, while the platform does not answer",
        "平台不答复时，以前的答复多少秒内仍算数（显示多久以前）",
        default=3600,
        ge=0,
        le=604_800,
    )
    fresh_s: int | None = key(
        "a code made longer ago may be a screenshot; absent: any age. Only for platforms that say when",
        "码生成超过这么多秒可能是截图；不写则不限。平台不给生成时间的不要写",
        default=None,
        example=300,
        ge=10,
        le=604_800,
    )
    apart_s: int = key(
        "the same code at another lane within so many seconds is a screenshot until somebody has looked",
        "同一个码在这么多秒内出现在另一通道，先当截图处理，请人工核对",
        default=20,
        ge=0,
        le=3600,
    )
    verifier: Device = key(
        "driver and options, see `gatepost drivers verifier`",
        "查询接口的驱动和选项",
        default={"driver": "none"},
    )

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.keep_s < self.again_s:
            raise wrong(
                "keep_s must not be less than again_s", "keep_s 不能小于 again_s", "again_s", "keep_s"
            )
        return self
