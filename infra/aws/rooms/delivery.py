"""Delivery: a Firehose stream for each bronze table, and the transform that all of them share."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.names import BRONZE_TABLES, Names
from infra.aws.packages.build import Package
from infra.aws.rooms.functions import Functions, retention
from infra.aws.rooms.permissions import allow
from infra.aws.rooms.reaching import LEDGER_WRITES, may_read_keys, may_use
from ingest.contracts import layout

TRANSFORM_BUFFER_MB = 3
TRANSFORM_INTERVAL_S = 300
DELIVERY_BUFFER_MB = 128
DELIVERY_INTERVAL_S = 900
"""Each as the cost model takes for given."""
RETRY_S = 300

_OBJECTS = "Firehose names the objects that it writes; all lie in folders of its tables."


class Delivery(Construct):
    """From finished rows, or an application's own events, to Parquet by the hour of arrival."""

    def __init__(self, scope: Construct, names: Names, functions: Functions, environment: dict[str, str]) -> None:
        super().__init__(scope, "Delivery")
        self._names = names
        self.transform = functions.zipped(
            "transform",
            "ingest.doors.lambdas.firehose.handler",
            environment,
            memory_mb=1769,
            timeout_s=300,
            package=Package.DOORS,
        )
        may_read_keys(self.transform.role, names)
        may_use(self.transform.role, names, names.access, ("Query", "GetItem", "BatchGetItem", "Scan"))
        may_use(self.transform.role, names, names.ledger, LEDGER_WRITES)
        allow(self.transform.role, ["firehose:PutRecordBatch"], [names.stream_arn(table) for table in BRONZE_TABLES])
        self._log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/kinesisfirehose/{names.stage.named('streams')}",
            retention=retention(names.stage.logs_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._role = self._delivering()
        self.streams = {table: self._stream(table) for table in BRONZE_TABLES}

    def _delivering(self) -> iam.Role:
        names = self._names
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"))
        allow(role, ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
              [names.bucket_arn(names.lake)])  # fmt: skip
        allow(role, ["s3:PutObject", "s3:AbortMultipartUpload"],
              [names.lake_arn(layout.BRONZE), names.lake_arn(layout.FAILED)], _OBJECTS)  # fmt: skip
        transform = names.function_arn("transform")
        allow(role, ["lambda:InvokeFunction"], [transform, f"{transform}:$LATEST"])
        tables = [names.arn("glue", f"table/{layout.BRONZE}/{table}") for table in BRONZE_TABLES]
        catalog = [names.arn("glue", "catalog"), names.arn("glue", f"database/{layout.BRONZE}")]
        allow(role, ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"], [*catalog, *tables])
        stream = names.arn("logs", f"log-group:{self._log_name}:log-stream:*")
        allow(role, ["logs:PutLogEvents"], [stream], "Each table has a stream of its own in Firehose's log.")
        return role

    @property
    def _log_name(self) -> str:
        return f"/aws/kinesisfirehose/{self._names.stage.named('streams')}"

    def _stream(self, table: str) -> firehose.CfnDeliveryStream:
        names, cfn = self._names, firehose.CfnDeliveryStream
        shown = logs.LogStream(
            self, f"Log-{table}", log_group=self._log, log_stream_name=table, removal_policy=RemovalPolicy.DESTROY
        )
        stream = cfn(
            self,
            f"Stream-{table}",
            delivery_stream_name=names.stream(table),
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=cfn.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="AWS_OWNED_CMK"
            ),
            extended_s3_destination_configuration=cfn.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=names.bucket_arn(names.lake),
                role_arn=self._role.role_arn,
                prefix=f"{layout.bronze_table(table)}/{layout.HOUR_KEY}=!{{timestamp:yyyy-MM-dd-HH}}/",
                error_output_prefix=f"{layout.failed(table)}/!{{firehose:error-output-type}}/",
                file_extension=layout.BRONZE_SUFFIX,
                compression_format="UNCOMPRESSED",  # Parquet compresses its own pages
                buffering_hints=cfn.BufferingHintsProperty(
                    interval_in_seconds=DELIVERY_INTERVAL_S, size_in_m_bs=DELIVERY_BUFFER_MB
                ),
                cloud_watch_logging_options=cfn.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=self._log_name, log_stream_name=table
                ),
                processing_configuration=self._processing(),
                data_format_conversion_configuration=self._conversion(table),
            ),
        )
        stream.node.add_dependency(self._role, self.transform.function, shown)
        return stream

    def _processing(self) -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty:
        cfn = firehose.CfnDeliveryStream
        said = {
            "LambdaArn": self._names.function_arn("transform"),
            "BufferSizeInMBs": str(TRANSFORM_BUFFER_MB),
            "BufferIntervalInSeconds": str(TRANSFORM_INTERVAL_S),
            "NumberOfRetries": "3",
        }
        parameters = [
            cfn.ProcessorParameterProperty(parameter_name=name, parameter_value=value) for name, value in said.items()
        ]
        return cfn.ProcessingConfigurationProperty(
            enabled=True, processors=[cfn.ProcessorProperty(type="Lambda", parameters=parameters)]
        )

    def _conversion(self, table: str) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
        cfn, names = firehose.CfnDeliveryStream, self._names
        return cfn.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=cfn.InputFormatConfigurationProperty(
                deserializer=cfn.DeserializerProperty(open_x_json_ser_de=cfn.OpenXJsonSerDeProperty())
            ),
            output_format_configuration=cfn.OutputFormatConfigurationProperty(
                serializer=cfn.SerializerProperty(parquet_ser_de=cfn.ParquetSerDeProperty(compression="GZIP"))
            ),
            schema_configuration=cfn.SchemaConfigurationProperty(
                catalog_id=names.stage.account,
                database_name=layout.BRONZE,
                table_name=table,
                region=names.stage.region,
                role_arn=self._role.role_arn,
                version_id="LATEST",
            ),
        )
