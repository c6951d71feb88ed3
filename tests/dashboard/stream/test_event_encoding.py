"""Events are compressed once, and continue any browser's stream."""

from __future__ import annotations

import gzip

from dashboard.stream.event_encoding import EncodedEvent, GzipStream

EVENTS = [EncodedEvent(f"a-{n}", '{"set":{"text":"' + f"epoch {n} " * 20 + '"}}') for n in range(5)]


def test_an_event_is_text_as_the_standard_has_it() -> None:
    assert EncodedEvent("a-1", "{}").plain == b"id: a-1\ndata: {}\n\n"
    assert EncodedEvent("", "0", "end").plain == b"event: end\ndata: 0\n\n"
    assert EncodedEvent("", "0", "beat", retry=1000).plain == b"event: beat\nretry: 1000\ndata: 0\n\n"


def test_whoever_joins_at_any_event_can_read_the_same_bytes() -> None:
    for first in range(len(EVENTS)):
        stream = GzipStream()
        sent = b"".join([*map(stream.add, EVENTS[first:]), stream.end()])
        assert gzip.decompress(sent) == b"".join(event.plain for event in EVENTS[first:])
    assert EVENTS[0].deflated is EVENTS[0].deflated, "compressed once"
    assert len(EVENTS[0].deflated) < 0.5 * len(EVENTS[0].plain)


def test_an_empty_stream_is_one_too() -> None:
    assert gzip.decompress(GzipStream().end()) == b""
