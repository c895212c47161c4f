"""HTTP/1.1 by httptools: fast, and within bounds that it does not set itself.

Its parser refuses by itself whatever two servers could read differently: a line that ends in less than CR LF, a length
given twice or beside a transfer encoding, a chunk's size with anything around it. What it lets through is refused here.
"""

from typing import ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from interfaces.web.log_throttle import LOG_AGAIN_SECONDS, LogThrottle

HEAD_BYTES_MAX = 64 * 1024
HEADERS_MAX = 100
CHUNKS_MAX = 1024
"""Of a whole body: a mebibyte in chunks of a kibibyte. Each costs as much time as a header does, however small."""
_PIECE_BYTES = 16 * 1024
"""What the parser gets at once, so that a head in one packet is no longer than one in many."""
_INVALID = "Invalid HTTP request received."


class HttpProtocol(HttpToolsProtocol):
    """One request at a time: a client that sends the next one before the answer gets the answer, and then the
    connection is closed.

    A head, the size and extensions of a chunk, and trailers are 64 KiB at most (and a piece, 16 KiB). Too many headers
    and chunks are refused as they come: reading them all first would keep other clients waiting.
    """

    _is_time_to_log_invalid: ClassVar[LogThrottle] = LogThrottle(LOG_AGAIN_SECONDS)
    _unparsed_bytes = 0
    """The bytes since the parser last completed a head or a part of a body."""
    _chunks = 0
    """Of the body that is coming in."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            for start in range(0, len(data), _PIECE_BYTES):
                self._feed(data[start : start + _PIECE_BYTES])
        except httptools.HttpParserUpgrade:
            return  # an offer that is not taken up; behind it comes nothing, since the connection is closed
        except httptools.HttpParserError:
            self._refuse()

    def _feed(self, piece: bytes) -> None:
        self._unparsed_bytes += len(piece)
        self.parser.feed_data(piece)
        if self._unparsed_bytes > HEAD_BYTES_MAX:
            raise httptools.HttpParserError("too long")

    def _refuse(self) -> None:
        """Never with an answer that would be taken for that to another request."""
        cycle = self.cycle
        is_between = cycle is None or cycle.response_complete  # type: ignore[redundant-expr]  # None before the first
        if not is_between and not cycle.more_body:
            cycle.keep_alive = False
            self.flow.pause_reading()
        elif is_between or not cycle.response_started:
            if self._is_time_to_log_invalid():
                self.logger.warning(_INVALID)
            self.send_400_response(_INVALID)
        else:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Allow one request of a connection at a time.

        Raises:
            HttpParserError: the answer to the last request is not complete.
        """
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]
            raise httptools.HttpParserError("a request before the answer to the last")
        self._chunks = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the headers.

        Raises:
            HttpParserError: there are too many.
        """
        super().on_header(name, value)
        if len(self.headers) > HEADERS_MAX:
            raise httptools.HttpParserError("too many headers")

    def on_headers_complete(self) -> None:
        self._unparsed_bytes = 0
        self._check_head()
        super().on_headers_complete()
        self.headers = []  # for trailers, which stay unread
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        version = self.parser.get_http_version()
        names = [name for name, _ in self.headers]
        hosts = names.count(b"host")
        if version not in ("1.0", "1.1") or hosts > 1 or (hosts < 1 and version == "1.1"):
            raise httptools.HttpParserError("no head of a request to one host")
        if b"transfer-encoding" in names:
            is_chunked = (b"transfer-encoding", b"chunked") in [(name, value.lower()) for name, value in self.headers]
            if not is_chunked or version == "1.0":
                raise httptools.HttpParserError("a transfer encoding that we don't read")
        if self.parser.should_upgrade() and (b"transfer-encoding" in names or b"content-length" in names):
            raise httptools.HttpParserError("a body that the parser takes for another protocol")

    def on_chunk_header(self) -> None:
        """Count the chunks of a body.

        Raises:
            HttpParserError: there are too many.
        """
        self._chunks += 1
        if self._chunks > CHUNKS_MAX + 1:  # the empty one at the end is no part of the body
            raise httptools.HttpParserError("too many chunks")

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed_bytes = 0
        super().on_message_complete()
