"""What moto 5.2.5 lacks for our units and the AWS provider 5.100, a module for each service.

Each change says what goes wrong without it. They are for moto exactly as pinned, because they touch what is inside, and
importing this package makes them.
"""

from cli.local_aws.gaps import (
    application_autoscaling,
    backup,
    cloudfront,
    cloudwatch,
    ec2,
    ecs,
    efs,
    elasticache,
    elasticache_users,
    elbv2,
    elbv2_trust_stores,
    iam,
    in_use,
    rds,
    s3,
    settings,
    unsupported,
)

__all__ = [
    "application_autoscaling",
    "backup",
    "cloudfront",
    "cloudwatch",
    "ec2",
    "ecs",
    "efs",
    "elasticache",
    "elasticache_users",
    "elbv2",
    "elbv2_trust_stores",
    "iam",
    "in_use",
    "rds",
    "s3",
    "settings",
    "unsupported",
]
