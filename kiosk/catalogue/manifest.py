"""What `collection.toml` says, checked: names, prices, sizes, kinds of garment, and where its photos lie."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from engines.garments.garment import SUPPORTED, Category
from kiosk.catalogue.limits import LIMITS, Limits
from kiosk.catalogue.money import Money, money
from kiosk.errors import CollectionError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST: Final = "collection.toml"
_KEY: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
_PART: Final = re.compile(r"[\w][\w .-]{0,127}")
_Title = Annotated[str, Field(min_length=1, max_length=80)]
_Size = Annotated[str, Field(min_length=1, max_length=8)]
_Path = Annotated[str, Field(min_length=1, max_length=400)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GarmentEntry(_Strict):
    """One `[[garment]]`. layer: from the skin outwards; without it the category's own. price: such as "29.90"."""

    name: Annotated[str, Field(pattern=_KEY)]
    title: _Title
    category: Category
    front: _Path
    back: _Path | None = None
    price: str | None = None
    sizes: Annotated[tuple[_Size, ...], Field(max_length=12)] = ()
    layer: Annotated[int, Field(ge=0, le=9)] | None = None

    @field_validator("title", "sizes")
    @classmethod
    def _one_line(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for text in (value,) if isinstance(value, str) else value:
            if not text.isprintable() or text != text.strip():
                raise ValueError("must be one plain line")
        return value

    @field_validator("category")
    @classmethod
    def _offered(cls, value: Category) -> Category:
        if value not in SUPPORTED:
            raise ValueError(f"{value.value} cannot be shown well yet")
        return value

    @field_validator("front", "back")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        return None if value is None else safe_path(value)


class Manifest(_Strict):
    """A whole `collection.toml`. id: which collection this is a version of."""

    id: Annotated[str, Field(pattern=_KEY)]
    title: _Title
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    garment: Annotated[tuple[GarmentEntry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _agrees(self) -> Manifest:
        seen: set[str] = set()
        for entry in self.garment:
            if entry.name in seen:
                raise ValueError(f"{entry.name} is listed twice")
            seen.add(entry.name)
            self.price_of(entry)
        return self

    def price_of(self, entry: GarmentEntry) -> Money | None:
        """The entry's price in the collection's currency. Raises `ValueError` where it is none."""
        if entry.price is None:
            return None
        if self.currency is None:
            raise ValueError("there are prices but no currency")
        return money(entry.price, self.currency)

    def photos(self) -> list[str]:
        """Every photo's path within the collection, once each, in order."""
        named = (path for entry in self.garment for path in (entry.front, entry.back) if path)
        return list(dict.fromkeys(named))


def safe_path(path: str, limits: Limits = LIMITS) -> str:
    """The path again where it can only lie within the collection's folder. Raises `ValueError`."""
    parts = path.split("/")
    if len(parts) > limits.depth or not all(_PART.fullmatch(part) and part[-1] not in " ." for part in parts):
        raise ValueError(f"{path!r} is no plain path within the collection")
    return path


def parse_manifest(data: bytes, limits: Limits = LIMITS) -> Manifest:
    """The manifest in a file's bytes. Raises `CollectionError` in one line that says where and what."""
    try:
        manifest = Manifest.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CollectionError(f"{MANIFEST} is no TOML file ({' '.join(str(error).split())}): correct it") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "collection"
        raise CollectionError(f"{MANIFEST} cannot be used ({where}: {first['msg']}): correct it") from None
    if len(manifest.garment) > limits.garments:
        raise CollectionError(f"{MANIFEST} lists more than {limits.garments} garments: split the collection")
    return manifest
