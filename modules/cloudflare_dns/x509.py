"""Reads as much of a certificate as tells what it is for, without a library: https://www.rfc-editor.org/rfc/rfc5280."""

from __future__ import annotations

from collections.abc import Iterator

_BOOLEAN, _INTEGER, _BIT_STRING, _OCTET_STRING, _OBJECT_ID, _SEQUENCE = 0x01, 0x02, 0x03, 0x04, 0x06, 0x30
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_BASIC_CONSTRAINTS = (_OBJECT_ID, bytes.fromhex("551d13"))


# Of their keys and signatures, those that a load balancer takes.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
_RSA, _EC = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a8648ce3d0201")
_RSA_BITS = range(2048, 8193)
_CURVES = tuple(map(bytes.fromhex, ("2a8648ce3d030107", "2b81040022", "2b81040023")))  # P-256, P-384 and P-521
_SIGNATURES = tuple(
    bytes.fromhex(of + digest)
    for of, digests in (("2a864886f70d0101", ("0b", "0c", "0d")), ("2a8648ce3d0403", ("02", "03", "04")))
    for digest in digests
)
_PSS = bytes.fromhex("2a864886f70d01010a")
_SHA_2 = tuple(bytes.fromhex("6086480165030402" + digest) for digest in ("01", "02", "03"))


def is_authority(der: bytes) -> bool:
    """Whether it is the certificate of an authority (CA:TRUE). Raises ValueError where it is not a certificate."""
    for tag, content in _signed(der)[6:]:
        if tag == _EXTENSIONS:
            return any(map(_says_authority, _inside(content, _SEQUENCE)))
    return False


def has_known_key(der: bytes) -> bool:
    """Whether a load balancer takes its key: RSA of 2048 to 8192 bits, or EC on P-256, P-384 or P-521.

    Raises ValueError where it is not a certificate.
    """
    (_, algorithm), (_, key) = _read(_signed(der)[5][1])
    (_, kind), *parameters = _read(algorithm)
    if kind == _EC:
        return any(curve == (_OBJECT_ID, known) for curve in parameters for known in _CURVES)
    if kind != _RSA:
        return False
    modulus, _ = _inside(key[1:], _SEQUENCE)
    return int.from_bytes(modulus, "big").bit_length() in _RSA_BITS


def has_known_signature(der: bytes) -> bool:
    """Whether it is signed by RSA or ECDSA, and SHA-256, 384 or 512. Raises ValueError where it is no certificate."""
    _, algorithm, _ = _inside(der, _SEQUENCE)
    (_, kind), *parameters = _read(algorithm)
    if kind == _PSS:  # SHA-1, where it says nothing
        return any(digest in content for _, content in parameters for digest in _SHA_2)
    return kind in _SIGNATURES


def _signed(der: bytes) -> list[tuple[int, bytes]]:
    """What is signed, from the number on: the key is the sixth."""
    signed, *_ = _inside(der, _SEQUENCE, (_SEQUENCE, _SEQUENCE, _BIT_STRING))
    parts = _read(signed)
    if parts[:1] and parts[0][0] == _VERSION:
        del parts[0]
    # A request has a subject after its first number, and no validity.
    if [tag for tag, _ in parts[:6]] != [_INTEGER, *[_SEQUENCE] * 5]:
        raise ValueError("not a certificate")
    return parts


def _says_authority(extension: bytes) -> bool:
    """Whether it is the one of basic constraints, and they begin with TRUE."""
    parts = _read(extension)
    if parts[:1] != [_BASIC_CONSTRAINTS] or parts[-1][0] != _OCTET_STRING:
        return False
    ((_, constraints),) = _read(parts[-1][1])
    return _read(constraints)[:1] == [(_BOOLEAN, b"\xff")]


def _inside(data: bytes, tag: int, tags: tuple[int, ...] | None = None) -> list[bytes]:
    """The contents of the elements of the only element, which has this tag, as those have theirs."""
    found = _read(data)
    if [each for each, _ in found] != [tag]:
        raise ValueError("something else")
    elements = _read(found[0][1])
    if tags is not None and tuple(each for each, _ in elements) != tags:
        raise ValueError("other elements")
    return [content for _, content in elements]


def _read(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each element of DER. Raises ValueError where they do not end with the data."""
    return [*_elements(data)]


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, length, at = data[at], int.from_bytes(data[at + 1 : at + 2], "big"), at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("truncated")
        yield tag, data[at : at + length]
        at += length
