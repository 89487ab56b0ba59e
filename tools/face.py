"""Make the font of the papers from the collection of Debian's package fonts-wqy-microhei.

    apt-get install fonts-wqy-microhei && .venv/bin/python tools/face.py

Its first face is kept whole in its outlines and names; hints, kerning and vertical metrics, which a
drawn page does not use, are left out. Running it again gives the same bytes.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

KEPT = ("cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name")
SOURCE = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
TARGET = Path(__file__).parent.parent / "huoshui/interfaces/papers/face/wqy-microhei.ttf"


def main() -> None:
    """Write the font."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    whole = source.read_bytes()
    at = struct.unpack(">I", whole[12:16])[0]
    count = struct.unpack(">H", whole[at + 4 : at + 6])[0]
    tables = {}
    for n in range(count):
        tag, total, start, size = struct.unpack_from(">4sIII", whole, at + 12 + 16 * n)
        if tag.decode() in KEPT:
            tables[tag] = (total, whole[start : start + size])
    made = bytearray(struct.pack(">IHHHH", 0x00010000, len(tables), 128, 3, 0))
    place = 12 + 16 * len(tables)
    for tag, (total, content) in sorted(tables.items()):
        made += struct.pack(">4sIII", tag, total, place, len(content))
        place += -(-len(content) // 4) * 4
    for _, (_, content) in sorted(tables.items()):
        made += content + bytes(-len(content) % 4)
    TARGET.write_bytes(made)


if __name__ == "__main__":
    main()
