"""A program of a given size: `python -m benchmarks.program lazy|eager RESOURCES OUTPUT`."""

from __future__ import annotations

import sys

import lazy_providers

if sys.argv[1] == "lazy":
    lazy_providers.install()

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc


def main(resources: int, output: str) -> None:
    """Synthesize a stack of this many resources of six types."""
    app = App(outdir=output)
    stack = TerraformStack(app, "benchmark")
    AwsProvider(stack, "aws", region="us-east-1")
    vpc = Vpc(stack, "vpc", cidr_block="10.0.0.0/16", tags={"Name": "benchmark"})
    for number in range(1, resources):
        name = f"{number}"
        match number % 5:
            case 0:
                Subnet(stack, name, vpc_id=vpc.id, cidr_block="10.0.0.0/24", tags={"Name": name})
            case 1:
                SnsTopic(stack, name, name=name, tags={"Name": name})
            case 2:
                SqsQueue(stack, name, name=name, visibility_timeout_seconds=30, tags={"Name": name})
            case 3:
                CloudwatchLogGroup(stack, name, name=name, retention_in_days=30)
            case 4:
                S3Bucket(stack, name, bucket_prefix="benchmark-", tags={"Name": name})
    app.synth()


if __name__ == "__main__":
    main(int(sys.argv[2]), sys.argv[3])
