"""Reads a zip archive that holds one small file, from bytes in memory and nothing else.

Layout: PKWARE's APPNOTE.TXT, sections 4.3 and 4.4. Every offset, length and check sum has to be right,
there is no room before, between or behind the parts, and no more than the limit is ever inflated:
what the archive says of sizes is checked afterwards, not believed.
"""

import struct
import zlib

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _DESCRIPTOR = 1, 8  # bits of the flags
_STORED, _DEFLATED = 0, 8
_DESCRIPTOR_SIZES = (12, 16)


class TooLarge(ValueError):
    """The file is larger than the limit."""


def read_only_file(data: bytes, name: bytes, limit: int) -> bytes:
    """Return the one file of an archive; TooLarge if it has more than `limit` bytes, ValueError if the
    archive holds anything else than one file of that name, or is damaged."""
    try:
        return _file(data, name, limit)
    except (struct.error, zlib.error) as error:
        raise ValueError(f"a damaged archive: {error}") from error


def _file(data: bytes, name: bytes, limit: int) -> bytes:
    end = len(data) - _END.size
    magic, disk, first_disk, here, total, size, start, comment = _END.unpack_from(data, max(end, 0))
    if (magic, disk, first_disk, here, total, comment) != (b"PK\x05\x06", 0, 0, 1, 1, 0):
        raise ValueError("not an archive of one file, or bytes behind its end")
    if start + size != end:
        raise ValueError("the directory is not where it has to be")
    magic, _, _, flags, method, _, _, crc, packed, unpacked, *rest = _CENTRAL.unpack_from(data, start)
    name_size, extra_size, note_size, _, _, _, local = rest
    if magic != b"PK\x01\x02" or size != _CENTRAL.size + name_size + extra_size + note_size:
        raise ValueError("a damaged directory")
    if local != 0 or flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
        raise ValueError("bytes before the file, or one that is encrypted or packed in another way")
    names = data[start + _CENTRAL.size : start + _CENTRAL.size + name_size]
    begin = _begin(data, name, method)
    gap = start - (begin + packed)
    if names != name or gap not in (_DESCRIPTOR_SIZES if flags & _DESCRIPTOR else (0,)):
        raise ValueError("another name, or bytes behind the file")
    found = _unpacked(data[begin : begin + packed], method, limit)
    if len(found) != unpacked or zlib.crc32(found) != crc:
        raise ValueError("another length or check sum than the directory says")
    return found


def _begin(data: bytes, name: bytes, method: int) -> int:
    magic, _, _, local_method, _, _, _, _, _, name_size, extra_size = _LOCAL.unpack_from(data, 0)
    if magic != b"PK\x03\x04" or local_method != method:
        raise ValueError("a damaged beginning")
    if data[_LOCAL.size : _LOCAL.size + name_size] != name:
        raise ValueError("a file of another name")
    return _LOCAL.size + int(name_size) + int(extra_size)


def _unpacked(packed: bytes, method: int, limit: int) -> bytes:
    if method == _STORED:
        found = packed
    else:
        reader = zlib.decompressobj(-zlib.MAX_WBITS)
        found = reader.decompress(packed, limit + 1)
        if len(found) <= limit and (not reader.eof or reader.unused_data):
            raise ValueError("cut off, or bytes behind the end")
    if len(found) > limit:
        raise TooLarge("larger than the limit")
    return found
