"""A card's numbers in Croissant metadata, beside whatever else stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tooeasy.data import known_datasets
from tooeasy.data.formats import croissant
from tooeasy.errors import SourceError
from tooeasy.ladder.card import SCHEMA, Card
from tooeasy.text import printable

VERSION = "http://mlcommons.org/croissant/1.0"
_KEYS = ("additionalProperty", "sc:additionalProperty", "https://schema.org/additionalProperty")
# The context that the specification recommends in its appendix 1, and what mlcroissant 1.1 has besides.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def to_croissant(card: Card, before: dict[str, Any] | None = None) -> str:
    """Write a card's numbers into Croissant metadata, as values of schema.org's ``additionalProperty``.

    Parameters
    ----------
    card : Card
    before : dict, optional
        The metadata so far. All of it is kept but numbers of an earlier card; by default what is known of the dataset.

    Returns
    -------
    str
        JSON-LD.
    """
    content = _described(card) if before is None else dict(before)
    key = next((key for key in _KEYS if key in content), _KEYS[0])
    there = content.get(key) or []
    others = [one for one in (there if isinstance(there, list) else [there]) if not _is_ours(one)]
    content[key] = [*others, *_properties(card)]
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_croissant(path: Path) -> dict[str, Any] | None:
    """Read the metadata that a card is to be written into; None if there is no such file.

    Raises
    ------
    SourceError
        If the file is something else.
    """
    if not path.exists():
        return None
    found = croissant.find(path) if path.is_file() else None
    if found is None:
        raise SourceError(f"{printable(str(path))} is no Croissant metadata: it is left as it is")
    try:
        json.dumps(found.content, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:  # NaN, or half of a surrogate pair
        raise SourceError(
            f"{printable(str(path))} has what JSON cannot hold: NaN, infinity, or half a character"
        ) from error
    return found.content


def _is_ours(value: object) -> bool:
    return isinstance(value, dict) and str(value.get("propertyID", "")).startswith("tooeasy/card/")


def _properties(card: Card) -> Iterator[dict[str, Any]]:
    """Say each number as a schema.org PropertyValue."""
    made = ", ".join(f"{package} {version}" for package, version in card.content["made_by"].items())
    yield _property("made_by", "made with", made)
    yield _property("checksum", "BLAKE2b of images and labels", card.content["dataset"]["checksum"])
    mean = card.content["pixels"]["summary"]["mean_test_accuracy"]
    if mean is not None:
        yield _property("pixels/mean_test_accuracy", "held-out accuracy of one pixel, mean over pairs of classes", mean)
    for name, rung in card.rungs.items():
        low, high = rung["test_interval"]
        more = {"description": f"looks at {rung['looks_at']}", "minValue": low, "maxValue": high}
        yield _property(f"ladder/{name}/test_accuracy", f"held-out accuracy of {name}", rung["test_accuracy"], **more)
        if rung["usable_bits"] is not None:
            yield _property(f"ladder/{name}/usable_bits", f"bits usable by {name}", rung["usable_bits"], unitText="bit")
    for finding in (card.audit or {}).get("findings", ()):
        yield _property(f"audit/{finding['id']}", finding["title"], finding["severity"], description=finding["message"])


def _property(name: str, title: str, value: object, **more: object) -> dict[str, Any]:
    return {
        "@type": "https://schema.org/PropertyValue",
        "propertyID": f"{SCHEMA}/{name}",
        "name": title,
        "value": value,
        **more,
    }


def _described(card: Card) -> dict[str, Any]:
    """Describe a dataset that has no metadata yet, as far as it is known."""
    facts = card.content["dataset"]
    size = "x".join(map(str, facts["image_shape"]))
    known = known_datasets().get(card.name)
    given = {"license": known.licence, "url": known.homepage, "citeAs": known.citation} if known else {}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": card.name,
        "conformsTo": VERSION,
        "description": (
            f"{facts['n_train']:,} training and {facts['n_test']:,} test images of {size}, "
            f"{len(facts['classes'])} classes: {', '.join(facts['classes'][:20])}."
        ),
        **given,
        "distribution": [],
        "recordSet": [],
    }
