"""The consumer of the owner's Kinesis stream: what applications emit with ``PutRecords`` goes on to Firehose."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ingest.doors import records
from ingest.doors.lambdas import wiring

DOOR = "kinesis"


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one batch. Lambda repeats from the first record named in the answer; what went before it is done.

    A record is never poison: what can't be read of it is refused as data. Only Firehose can make one fail.
    """
    processor = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, take, processor, context))


def take(record: KinesisStreamRecord) -> None:
    """Deliver the events of one record.

    Raises:
        Unavailable: Firehose did not take them all.
    """
    name = f"{DOOR}-{record.kinesis.sequence_number}"
    wiring.delivery().take(DOOR, records.decode(record.kinesis.data_as_bytes()), wiring.now(), record=name)
