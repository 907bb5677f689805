"""Both packers fill the same limits, and pack alike: neither can import the other."""

from hypothesis import given
from hypothesis import strategies as st
from promptlake_emitter import firehose_sink, http_sink, kinesis_sink, packing
from promptlake_emitter.packing import Limits, Row

from ingest.delivery import packing as delivery
from ingest.doors import aws_api, body


def test_the_limits_are_those_of_delivery_and_the_doors() -> None:
    assert firehose_sink.RECORD_MAX_BYTES == delivery.RECORD_MAX_BYTES
    assert firehose_sink.REQUEST_MAX_RECORDS == delivery.REQUEST_MAX_RECORDS
    assert firehose_sink.REQUEST_MAX_BYTES == delivery.REQUEST_MAX_BYTES
    assert http_sink.BODY_MAX_BYTES == body.BODY_MAX_BYTES
    assert http_sink.BATCH_BYTES < body.BODY_MAX_BYTES
    assert packing.RECORD_MAX_EVENTS <= body.EVENTS_MAX
    assert kinesis_sink.REQUEST_MAX_RECORDS <= aws_api.RECORDS_MAX
    assert kinesis_sink.RECORD_MAX_BYTES <= aws_api.RECORD_MAX_BYTES


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(10, 80))
def test_one_group_packs_as_delivery_packs_it(data: list[bytes], limit_bytes: int) -> None:
    limits = Limits(limit_bytes, delivery.REQUEST_MAX_RECORDS, delivery.REQUEST_MAX_BYTES, limit_bytes)
    ours = [[parcel.data for parcel in request] for request in packing.pack([Row("t", row) for row in data], limits)]
    theirs = [list(request) for request in delivery.requests(delivery.pack(data, limit_bytes))]
    assert ours == theirs


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 99))),
    st.integers(100, 300),
    st.integers(1, 4),
    st.integers(300, 500),
)
def test_every_row_goes_once_and_nothing_is_over_a_limit(
    shapes: list[tuple[str, int]], record_bytes: int, request_records: int, request_bytes: int
) -> None:
    rows = [Row(group, f"{index:>{max(size, 3)}}".encode()) for index, (group, size) in enumerate(shapes)]
    limits = Limits(record_bytes, request_records, request_bytes, record_bytes)
    requests = list(packing.pack(rows, limits))
    for request in requests:
        assert len({parcel.group for parcel in request}) == 1
        assert len(request) <= request_records
        assert sum(len(parcel.data) for parcel in request) <= request_bytes
        for parcel in request:
            assert len(parcel.data) <= record_bytes
            assert parcel.data.split(b"\n") == [*(row.data for row in parcel.rows), b""]
    for group in "abc":
        packed = [row for request in requests for parcel in request for row in parcel.rows if row.group == group]
        assert packed == [row for row in rows if row.group == group]
