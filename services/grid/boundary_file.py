"""Owns how the bytes of a GeoJSON file become features, one at a time, whatever the file's size.

The features of the collection are decoded one by one out of a small buffer: `json.loads` of a
quarter of a gigabyte takes several of memory. Streaming parsers count neither depth nor size.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from services.grid.register_file import MAX_BYTES, RegisterFile, RegisterTooLarge
from shared.errors import Rejected

MAX_FEATURES = 200_000
MAX_FEATURE_CHARACTERS = 4 * 1024 * 1024
"""Of a ring of 20,000 points with all digits: one."""

_LONGEST_WORD = 16
"""More characters than any literal or escape has: an error before them is no cut."""
_AFTER_VALUE = tuple(",:]} \t\r\n")
_SPACE = re.compile(r"[ \t\r\n]*")


class BoundaryFileTooLarge(Rejected):
    """Unpacked, the file is larger than any set of boundaries; a gzip bomb looks like this."""

    status = 413
    zh = "文件（解压后）超过 {megabytes} MB 或 {features} 个要素"
    en = "Unpacked, the file has more than {megabytes} MB or {features} features"

    def __init__(self) -> None:
        super().__init__(megabytes=MAX_BYTES // 1024**2, features=MAX_FEATURES)


class FeatureTooLarge(Rejected):
    """One feature has more text than any boundary."""

    zh = "第 {feature} 个要素过大（超过 {megabytes} MB）或其 JSON 未写完"
    en = "Feature {feature} is larger than {megabytes} MB, or its JSON has no end"


class FeatureTooDeep(Rejected):
    """JSON is nested deeper than any geometry."""

    zh = "第 {feature} 个要素嵌套过深"
    en = "Feature {feature} is nested too deep"


class NotGeoJson(Rejected):
    """The file is no JSON where it should be."""

    zh = "文件在第 {feature} 个要素处不是有效的 JSON（UTF-8）"
    en = "The file is not valid JSON (UTF-8) at feature {feature}"


class NotFeatureCollection(Rejected):
    """The file is JSON, and something else."""

    zh = "文件须为 GeoJSON 的 FeatureCollection"
    en = "The file must be a GeoJSON FeatureCollection"


class BoundaryFile(RegisterFile):
    """A file of boundaries as it comes in, plain or gzip; memory stays constant."""

    def features(self) -> Iterator[tuple[int, Any]]:
        """Yield (number from 1, feature as JSON has it).

        Raises:
            BoundaryFileTooLarge, FeatureTooLarge, FeatureTooDeep, NotGeoJson,
            NotFeatureCollection, BrokenGzip: as soon as it is known.
        """
        try:
            for number, feature in enumerate(_Collection(self._unpacked()).features(), start=1):
                if number > MAX_FEATURES:
                    raise BoundaryFileTooLarge
                yield number, feature
        except RegisterTooLarge:
            raise BoundaryFileTooLarge from None


class _Collection:
    """The one JSON object of a file, of which only the features matter."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(object_pairs_hook=_object_of)
        self._text = ""
        self._at = 0
        self._ended = False
        self._features = 0

    def features(self) -> Iterator[Any]:
        """Yield what stands in the list of features; check the rest of the object on the way."""
        kind, seen = None, False
        if self._peek() != "{":
            raise self._no_json() if self._peek() != "[" else NotFeatureCollection()
        for name in self._members():
            if name != "features":
                value = self._value()
                kind = value if name == "type" else kind
            elif seen or self._peek() != "[":
                raise NotFeatureCollection
            else:
                seen = True
                yield from self._elements()
        if self._peek():
            raise self._no_json()
        if kind != "FeatureCollection" or not seen:
            raise NotFeatureCollection

    def _members(self) -> Iterator[str]:
        for _ in self._parted("{", "}"):
            name = self._value()
            if not isinstance(name, str) or self._peek() != ":":
                raise self._no_json()
            self._at += 1
            yield name

    def _elements(self) -> Iterator[Any]:
        for _ in self._parted("[", "]"):
            self._features += 1
            yield self._value()

    def _parted(self, first: str, last: str) -> Iterator[None]:
        """Stop at each part between two brackets; whoever iterates reads it."""
        self._take(first)
        if self._peek() == last:
            self._at += 1
            return
        while True:
            yield
            if self._peek() == last:
                self._at += 1
                return
            self._take(",")

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._no_json()
        self._at += 1

    def _peek(self) -> str:
        """Return the next character that isn't space, "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read_more()

    def _value(self) -> Any:
        """Return the next value; one that is cut off is tried again with twice the text."""
        self._peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                raise FeatureTooDeep(feature=max(self._features, 1)) from None
            except json.JSONDecodeError as error:
                if not self._is_cut(error):
                    raise self._no_json() from None
                end = None
            except ValueError:  # a number of thousands of digits, or a member twice
                raise self._no_json() from None
            # a number that ends with the buffer, or before an "e" of it, may go on
            if end is not None and (self._ended or self._text[end : end + 1] in _AFTER_VALUE):
                self._at = end
                return value
            if self._ended:
                raise self._no_json()
            self._read_more()

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Tell whether an error may only mean that the rest isn't there yet."""
        near_the_end = error.pos >= len(self._text) - _LONGEST_WORD
        return near_the_end or error.msg.startswith("Unterminated string")

    def _read_more(self) -> None:
        """Forget what was read, and double what is left."""
        self._text, self._at = self._text[self._at :], 0
        if len(self._text) > MAX_FEATURE_CHARACTERS:
            raise FeatureTooLarge(
                feature=max(self._features, 1), megabytes=MAX_FEATURE_CHARACTERS // 1024**2
            )
        parts, wanted = [self._text], min(2 * len(self._text), MAX_FEATURE_CHARACTERS) + 1
        while not self._ended and sum(map(len, parts)) < wanted:
            block = next(self._blocks, None)
            self._ended = block is None
            try:
                parts.append(self._decoder.decode(block or b"", final=self._ended))
            except UnicodeDecodeError:
                raise self._no_json() from None
        self._text = "".join(parts)

    def _no_json(self) -> NotGeoJson:
        return NotGeoJson(feature=max(self._features, 1))


def _object_of(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) != len(members):
        raise ValueError("a member comes twice")
    return made
