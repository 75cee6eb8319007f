"""What a sound file is made of: where its streams begin and end, and whether all of it is there.

libsndfile decodes, but it does not ask whether a file is whole: it reads a cut file up to the cut, the first
of several joined streams, and nothing where a recorder died before it wrote the size. So each container is
walked here first: chunks (WAV, AIFF and their kin), pages (Ogg), frames (MP3). What comes out are streams
that say their own length truly, one after another; what cannot be made whole is a ValueError, worded to
follow the file's name: "is cut short: ...".
"""

import re
import struct
import zlib

#: By the first bytes: where chunks begin, how a chunk begins (its name, its size), what the size counts
#: beside the content, what it is padded to, the samples' chunk, and what comes before the samples in it.
_CHUNKS = {
    b"RIFF": (12, "<4sI", 0, 2, b"data", 0),
    b"RIFX": (12, ">4sI", 0, 2, b"data", 0),
    b"RF64": (12, "<4sI", 0, 2, b"data", 0),
    b"FORM": (12, ">4sI", 0, 2, b"SSND", 8),
    b"caff": (8, ">4sq", 0, 1, b"data", 4),
    b"riff": (40, "<16sQ", 24, 8, b"data", 0),  # Sony Wave64
}
# The chunks that the samples need; of the others, some make libsndfile fail.
_NEEDED = (b"fmt ", b"fact", b"data", b"COMM", b"SSND", b"desc", b"chan", b"kuki", b"pakt")
_NAME = re.compile(rb"[ -~]{4}|ID3|TAG")  # of a chunk, or of a tag among them
_FLAC = re.compile(rb"fLaC[\0\x80]\0\0\x22")
# What may begin where a FLAC stream ends: it does not say how many bytes it has.
_AFTER_FLAC = re.compile(_FLAC.pattern + rb"|RIFF....WAVE|FORM....AIF[FC]|OggS\0\x02", re.DOTALL)
# Chunks that come after the samples. Where the samples have no size, they end where one of these begins
# that ends with the file.
_AFTER_SAMPLES = re.compile(rb"LIST|ID3 |id3 |cue |smpl|bext|iXML|_PMX|ANNO|NAME|AUTH")
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# The first frame of most MP3 files is silent and counts the others: "Xing" after the side information.
_MP3_COUNT = re.compile(
    rb"\xff...(?:(?:..)?(?:.{9}|.{17}|.{32})(?:Xing|Info)...(.)(....)|.{32}VBRI)", re.DOTALL
)
_MP3_KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_CONVERT = "Convert it, for example: ffmpeg -i FILE out.wav"
_LIMIT = "is not read here. " + _CONVERT
#: What else comes under the name of a sound.
_OTHERS = [
    (rb".{3,4}ftyp", f"is an MPEG-4 file (m4a, mp4, mov, 3gp), which {_LIMIT}"),
    (rb"\x1a\x45\xdf\xa3", f"is a WebM or Matroska file (webm, mka, mkv), which {_LIMIT}"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf", f"is a Windows Media file (wma, asf), which {_LIMIT}"),
    (rb"#!AMR", f"is an AMR file, as telephones record, which {_LIMIT}"),
    (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", f"is an AAC file, which {_LIMIT}"),
    (rb"\xff[\xe4\xe5\xf4\xf5\xfc\xfd]", f"is an MPEG file of layer II (mp2), which {_LIMIT}"),
    (rb"MAC |wvpk|TTA1|MPCK|MP\+|OFR |DSD |FRM8", f"is losslessly packed or DSD sound, which {_LIMIT}"),
    (rb"RIFF....AVI |FLV|\.RMF|\0{0,2}\x01[\xba\xb3]", f"is a film, of which the sound {_LIMIT}"),
    (rb"NIST_1A|Creative Voice|FORM....8SVX|MATLAB|2BIT|PVF1| paf", f"is in an old format that {_LIMIT}"),
    (rb"MThd", "holds notes (MIDI), not sound; a synthesizer makes sound of it."),
    (rb"version https://git-lfs", "is a pointer of Git LFS, not the sound; `git lfs pull` fetches that."),
    (rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!", "is an archive; unpack it first."),
    (rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)", "is a web page, not a sound: a download went wrong."),
    (rb"%PDF|\x89PNG|GIF8|\xff\xd8\xff|\xd0\xcf\x11\xe0", "is a document or a picture, not a sound."),
    (rb"[\t\n\r -~]{8}|\xff\xfe.\0|\xfe\xff\0|\xef\xbb\xbf", "is a text, not a sound."),
]  # fmt: skip


def split_streams(data: bytes) -> tuple[list[bytes], list[str]]:
    """Return the streams of a sound file, each whole and saying its length truly, and what had to be guessed.

    Tags (ID3, APE) and zeros before, between and after the streams are left out.

    Raises
    ------
    ValueError
        If it is no sound, is cut short, or is of a kind of which one cannot know. The message goes on after
        the file's name.
    """
    streams: list[bytes] = []
    remarks: list[str] = []
    data = data[: _before_tags(data)]
    position = _after_tags(data, 0)
    while position < len(data):
        read = next((read for pattern, read in _READERS if pattern.match(data, position)), None)
        if read is None and _mp3_frame(data, position):
            read = _read_mp3
        if read is None and streams:
            raise ValueError(
                f"goes on for {len(data) - position} bytes after its end, with what is neither sound nor a "
                f"tag: its header is damaged, or something was appended. {_CONVERT}"
            )
        if read is None:
            raise ValueError(_what_it_is(data[position : position + 512]))
        stream, end = read(data, position, remarks)
        streams.append(stream)
        position = _after_tags(data, end)
    if not streams:
        raise ValueError("holds nothing but zeros and tags; there is no sound in it.")
    return streams, list(dict.fromkeys(remarks))


def _after_tags(data: bytes, position: int) -> int:
    """Return where zeros and tags end that begin at a position."""
    while True:
        zeros = re.compile(rb"\0*").match(data, position).end()
        if data[zeros : zeros + 3] == b"ID3" and len(data) >= zeros + 10:
            a, b, c, d = (byte & 127 for byte in data[zeros + 6 : zeros + 10])
            footer = 10 if data[zeros + 5] & 16 else 0
            position = zeros + 10 + (a << 21 | b << 14 | c << 7 | d) + footer
        elif data[zeros : zeros + 8] == b"APETAGEX" and len(data) >= zeros + 32:
            position = zeros + 32 + struct.unpack_from("<I", data, zeros + 12)[0]
        elif data[zeros : zeros + 3] == b"TAG":
            position = zeros + 128
        elif b"ftyp" in data[zeros : zeros + 12]:
            return position  # the zeros are the upper bytes of a size
        else:
            return zeros


def _before_tags(data: bytes) -> int:
    """Return where the tags begin that one knows by their end only (APE, Lyrics3), or the data's end."""
    end = begin = len(data) - (128 if data[-128:].startswith(b"TAG") else 0)  # ID3v1 is the last
    while True:
        size = 0
        if begin >= 32 and data[begin - 32 : begin - 24] == b"APETAGEX":
            n_bytes, _, flags = struct.unpack_from("<III", data, begin - 20)
            size = n_bytes + (32 if flags >> 31 else 0)
        elif data[begin - 9 : begin] == b"LYRICS200" and data[begin - 15 : begin - 9].isdigit():
            size = 15 + int(data[begin - 15 : begin - 9])
        if not 0 < size <= begin:
            return begin if begin < end else len(data)
        begin -= size


def _true_size(size: int, available: int, before: int, remarks: list[str]) -> int:
    """Return how many bytes of samples there are: `size`, if the `available` ones allow it."""
    if size <= before < available or (size > available and -size % 2**31 < 2**16):
        # Who writes to a pipe, or dies while recording, leaves 0 or some number near 2³¹, 2³² or 2⁶⁴.
        remarks.append(
            "has no size in its header, as a recorder that was interrupted leaves it; it is read to its end"
        )
        return available
    if size > available:
        raise ValueError(
            f"is cut short: its header announces {size} bytes of samples, the file holds {available}."
        )
    return size


def _read_chunks(data: bytes, begin: int, remarks: list[str]) -> tuple[bytes, int]:
    first, head, counted, align, wanted, before = _CHUNKS[data[begin : begin + 4]]
    # Below 4 GB, which is more than is read here, RF64 is a WAV file.
    kept = [data[begin : begin + first].replace(b"RF64", b"RIFF")]
    position, width, size64, found, padding = begin + first, struct.calcsize(head), 0, False, 0
    while position + width <= len(data):
        name, size = struct.unpack_from(head, data, position)
        appended = _after_tags(data, position) > position or name[:4] in (*_CHUNKS, b"fLaC", b"OggS")
        if (found and appended) or not _NAME.match(name):
            break
        start, size = position + width, size - counted
        if name == b"ds64" and len(data) >= start + 16:
            size64 = struct.unpack_from("<Q", data, start + 8)[0]
        if name[:4] == wanted:
            if found:
                raise ValueError(
                    "holds two blocks of samples, of which only the first would be read. " + _CONVERT
                )
            found = True
            size = size64 if size64 and size == 0xFFFFFFFF else size
            if size > before or not _is_chunk(data, start + max(size, 0), head, counted):
                size = _true_size(size, _last_chunk(data, start, head, counted) - start, before, remarks)
        end = start + size
        if not 0 <= size <= len(data) - start:
            raise ValueError(f"is cut short or damaged: its chunk {name[:4]!r} is not complete.")
        if name[:4] in _NEEDED:
            kept += [bytes(padding), struct.pack(head, name, size + counted), data[start:end]]
            padding = -size % align
        # Some writers forget the zeros after a chunk of odd size.
        position = end if _NAME.match(data, end) else end + -size % align
    if not found:
        raise ValueError(f"is cut short: {len(data) - begin} bytes without samples.")
    return b"".join(kept), min(position, len(data))


def _is_chunk(data: bytes, position: int, head: str, counted: int) -> bool:
    """Whether a whole chunk stands there: then the empty one before it is truly empty."""
    if len(data) < position + struct.calcsize(head):
        return False
    name, size = struct.unpack_from(head, data, position)
    return bool(_NAME.match(name)) and 0 <= size - counted <= len(data) - position


def _last_chunk(data: bytes, start: int, head: str, counted: int) -> int:
    """Return where the chunk begins that ends with the data and is not sound, or the data's end."""
    width = struct.calcsize(head)
    for match in _AFTER_SAMPLES.finditer(data, start, max(start, len(data) - width + 4)):
        if match.start() + width <= len(data):
            size = struct.unpack_from(head, data, match.start())[1] - counted
            if match.start() + width + size in (len(data), len(data) - size % 2):
                return match.start()
    return len(data)


def _read_au(data: bytes, begin: int, remarks: list[str]) -> tuple[bytes, int]:
    if len(data) < begin + 24:
        raise ValueError(f"is cut short: {len(data)} bytes without samples.")
    order = ">" if data[begin : begin + 4] == b".snd" else "<"
    offset, size = struct.unpack_from(f"{order}II", data, begin + 4)
    size = _true_size(size, max(0, len(data) - begin - offset), 0, remarks)
    end = begin + offset + size
    return data[begin : begin + 8] + struct.pack(f"{order}I", size) + data[begin + 12 : end], end


def _read_ogg(data: bytes, begin: int, remarks: list[str]) -> tuple[bytes, int]:
    position, flags, begun, next_page = begin, 0, False, {}
    while data[position : position + 4] == b"OggS" and position + 27 <= len(data):
        if data[position + 5] & 2 and begun:  # the first page of the next stream
            break
        flags, n_segments = data[position + 5], data[position + 26]
        begun = begun or not flags & 2
        end = position + 27 + n_segments + sum(data[position + 27 : position + 27 + n_segments])
        serial, number, checksum = struct.unpack_from("<III", data, position + 14)
        page = data[position : position + 22] + bytes(4) + data[position + 26 : end]
        # Opus decoders pass over a damaged page without a word
        if end <= len(data) and (checksum != _ogg_crc(page) or number != next_page.get(serial, number)):
            raise ValueError(
                f"is damaged: Ogg page {number} is not as it was written, or the one before it is lost."
            )
        next_page[serial] = number + 1
        position = end
    if position > len(data) or not flags & 4:
        raise ValueError(
            "is cut short: its last Ogg page is not complete, or not the last one of the stream."
        )
    return data[begin:position], position


def _ogg_crc(page: bytes) -> int:
    """The CRC of Ogg takes bits from the highest on, from 0: `zlib`'s, with all bits the other way round."""
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)


def _read_flac(data: bytes, begin: int, remarks: list[str]) -> tuple[bytes, int]:
    if _FLAC.match(data, begin) and not int.from_bytes(data[begin + 18 : begin + 26], "big") % 2**36:
        raise ValueError(
            "is a FLAC file from a pipe: its header does not say how long it is. Write it anew, for example: "
            "ffmpeg -i FILE out.flac"
        )
    following = _AFTER_FLAC.search(data, begin + 4)
    end = following.start() if following else len(data)
    return data[begin:end], end


def _read_mp3(data: bytes, begin: int, remarks: list[str]) -> tuple[bytes, int]:
    position, n_frames, announced, rates, counted = begin, 0, None, set(), False
    while length := _mp3_frame(data, position):
        count = _MP3_COUNT.match(data, position)
        if count and position > begin:  # another file, joined to this one
            break
        if count:
            counted = True
            announced = int.from_bytes(count[2], "big") if count[1] and count[1][0] & 1 else None
        else:
            n_frames += 1
            rates.add(data[position + 2] >> 4)
        position += length
    if position > len(data) or (announced is not None and n_frames < announced):
        raise ValueError(
            f"is cut short: {n_frames} frames, the last perhaps in part, of {announced or 'more'}."
        )
    if announced is not None and n_frames > announced + 1:
        raise ValueError(
            f"holds {n_frames} frames, of which its header announces {announced} only. {_CONVERT}"
        )
    if len(rates) > 1 and not counted:
        raise ValueError(f"is an MP3 of varying bit rate that does not say how long it is. {_CONVERT}")
    return data[begin:position], position


def _mp3_frame(data: bytes, position: int) -> int:
    """Return how many bytes the MP3 frame has that begins at a position; 0 if none does."""
    if position + 4 > len(data) or data[position] != 0xFF:
        return 0
    version, bits = data[position + 1] & 0xFE, data[position + 2]
    halvings = {0xFA: 0, 0xF2: 1, 0xE2: 2}.get(version)  # MPEG 1, 2 and 2.5, layer III
    if halvings is None or bits >> 4 in (0, 15) or bits >> 2 & 3 == 3:
        return 0
    sample_rate = (44100, 48000, 32000)[bits >> 2 & 3] >> halvings
    kbits = _MP3_KBITS[not halvings][(bits >> 4) - 1]
    return (72_000 if halvings else 144_000) * kbits // sample_rate + (bits >> 1 & 1)


_READERS = [
    (re.compile(rb"(?s)(RIFF|RIFX|RF64)....WAVE|FORM....AIF[FC]|caff\0\x01|riff.{20}wave"), _read_chunks),
    (re.compile(rb"\.snd|dns\."), _read_au),
    (re.compile(rb"OggS"), _read_ogg),
    (re.compile(rb"fLaC"), _read_flac),
]


def _what_it_is(head: bytes) -> str:
    for pattern, sentence in _OTHERS:
        if re.match(pattern, head, re.DOTALL):
            return sentence
    return (
        "cannot be read as audio: it is damaged, or neither WAV, AIFF, AU, CAF, W64, FLAC, Ogg nor MP3. "
        + _CONVERT
    )
