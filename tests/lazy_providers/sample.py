"""A program over many kinds of what the bindings offer: `python -m tests.lazy_providers.sample [lazy]` prints its JSON.

It is run with lazy providers and without, and must print the same.
"""

from __future__ import annotations

import json
import sys

if sys.argv[1:] == ["lazy"]:
    import lazy_providers

    lazy_providers.install()

import cdktf_cdktf_provider_aws as aws
import cdktf_cdktf_provider_cloudflare as cloudflare
import jsii
from cdktf import (
    App,
    Aspects,
    Fn,
    IAspect,
    TerraformCount,
    TerraformIterator,
    TerraformOutput,
    TerraformResourceLifecycle,
    TerraformStack,
    Testing,
    Token,
)
from cdktf_cdktf_provider_aws import sns_topic, sqs_queue
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_availability_zones import DataAwsAvailabilityZones
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.db_instance import DbInstance
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.elasticache_replication_group import (
    ElasticacheReplicationGroup,
    ElasticacheReplicationGroupLogDeliveryConfiguration,
)
from cdktf_cdktf_provider_aws.instance import Instance, InstanceEbsBlockDevice, InstanceMetadataOptions
from cdktf_cdktf_provider_aws.lb_listener import LbListener, LbListenerDefaultAction, LbListenerDefaultActionRedirect
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket, S3BucketLifecycleRule, S3BucketLifecycleRuleExpiration
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupIngress
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecord
from cdktf_cdktf_provider_cloudflare.ruleset import Ruleset, RulesetRules, RulesetRulesActionParameters
from cdktf_cdktf_provider_cloudflare.zone_setting import ZoneSetting
from constructs import IConstruct


@jsii.implements(IAspect)
class TagEverything:
    """Sets a tag on whatever has tags: the kernel calls back into Python."""

    def visit(self, node: IConstruct) -> None:
        if hasattr(node, "tags_input") and not isinstance(node, DnsRecord):  # whose tags are a list
            node.tags = {  # type: ignore[attr-defined]
                **(node.tags_input or {}),
                "aspect": type(node).__name__,
            }


class Sample(TerraformStack):
    def __init__(self, app: App) -> None:
        super().__init__(app, "sample")
        AwsProvider(self, "aws", region="us-east-1", default_tags=[AwsProviderDefaultTags(tags={"a": "b"})])
        cloudflare.provider.CloudflareProvider(self, "cloudflare")
        self.network()
        self.compute()
        self.stores()
        self.edge()
        self.messages()
        Aspects.of(self).add(TagEverything())

    def network(self) -> None:
        zones = DataAwsAvailabilityZones(self, "zones", state="available")
        self.vpc = aws.vpc.Vpc(self, "vpc", cidr_block="10.0.0.0/16")  # by attribute of the package
        aws.subnet.Subnet(
            self,
            "subnet",
            vpc_id=self.vpc.id,
            cidr_block=Fn.cidrsubnet(self.vpc.cidr_block, 8, 1),
            availability_zone=Fn.element(zones.names, 0),
            count=TerraformCount.of(2),
        )
        self.group = SecurityGroup(
            self,
            "group",
            vpc_id=self.vpc.id,
            ingress=[SecurityGroupIngress(from_port=443, to_port=443, protocol="tcp", cidr_blocks=["0.0.0.0/0"])],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True, ignore_changes=["description"]),
        )

    def compute(self) -> None:
        instance = Instance(
            self,
            "instance",
            ami="ami-0",
            instance_type="t4g.nano",
            metadata_options=InstanceMetadataOptions(http_tokens="required"),
            ebs_block_device=[InstanceEbsBlockDevice(device_name="/dev/sdb", volume_size=8)],
        )
        instance.put_timeouts(create="10m")
        instance.ebs_optimized = True
        instance.reset_ebs_optimized()
        TerraformOutput(self, "root", value=instance.root_block_device.volume_id)
        TerraformOutput(self, "device", value=instance.ebs_block_device.get(0).volume_id)
        TerraformOutput(self, "tokens", value=instance.metadata_options.http_tokens_input)
        service = EcsService(
            self,
            "service",
            name="web",
            load_balancer=[EcsServiceLoadBalancer(container_name="web", container_port=8000)],
            network_configuration=EcsServiceNetworkConfiguration(subnets=["subnet-0"], security_groups=[self.group.id]),
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            depends_on=[instance],
        )
        service.add_override("deployment_controller.type", "ECS")
        service.network_configuration.assign_public_ip = False
        LbListener(
            self,
            "listener",
            load_balancer_arn="arn",
            port=80,
            default_action=[
                LbListenerDefaultAction(
                    type="redirect", redirect=LbListenerDefaultActionRedirect(port="443", status_code="HTTP_301")
                )
            ],
        )

    def stores(self) -> None:
        bucket = S3Bucket(
            self,
            "bucket",
            bucket_prefix="logs-",
            lifecycle_rule=[
                S3BucketLifecycleRule(enabled=True, id="old", expiration=S3BucketLifecycleRuleExpiration(days=30)),
                {"enabled": False, "id": "dict", "prefix": "x/"},
            ],
        )
        TerraformOutput(self, "bucket-arn", value=f"{bucket.arn}/*", sensitive=True)
        database = DbInstance(self, "database", instance_class="db.t4g.small", manage_master_user_password=True)
        TerraformOutput(self, "secret", value=database.master_user_secret.get(0).secret_arn)
        TerraformOutput(self, "port", value=Token.as_string(database.port))
        ElasticacheReplicationGroup(
            self,
            "redis",
            replication_group_id="redis",
            description="cache",
            at_rest_encryption_enabled="true",
            log_delivery_configuration=[
                ElasticacheReplicationGroupLogDeliveryConfiguration(
                    destination="group", destination_type="cloudwatch-logs", log_format="json", log_type="slow-log"
                )
            ],
        )

    def edge(self) -> None:
        certificate = AcmCertificate(self, "certificate", domain_name="example.com", validation_method="DNS")
        options = TerraformIterator.from_complex_list(certificate.domain_validation_options, "domain_name")
        Route53Record(
            self,
            "record",
            for_each=options,
            zone_id="Z0",
            name=options.get_string("resource_record_name"),
            type=options.get_string("resource_record_type"),
            records=[options.get_string("resource_record_value")],
        )
        Wafv2WebAcl(
            self,
            "acl",
            scope="REGIONAL",
            name="acl",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True, metric_name="acl", sampled_requests_enabled=False
            ),
        )
        DnsRecord(self, "dns", zone_id="z", name="api", type="CNAME", ttl=1, content="example.com", proxied=True)
        ZoneSetting(self, "ssl", zone_id="z", setting_id="ssl", value={}).add_override("value", "strict")
        rule = RulesetRules(
            action="set_cache_settings",
            expression="true",
            action_parameters=RulesetRulesActionParameters(cache=False),
        )
        Ruleset(self, "rules", zone_id="z", name="r", kind="zone", phase="http_request_cache_settings", rules=[rule])

    def messages(self) -> None:
        topic = sns_topic.SnsTopic(self, "topic", name_prefix="t-")
        queue = sqs_queue.SqsQueue(self, "queue", name="q")
        logs = CloudwatchLogGroup(self, "logs", name="logs", retention_in_days=30)
        logs.move_to("archive")
        CloudwatchLogGroup(self, "archive", name="archive").add_move_target("archive")
        document = DataAwsIamPolicyDocument(
            self,
            "document",
            statement=[
                DataAwsIamPolicyDocumentStatement(
                    actions=["sqs:SendMessage"],
                    resources=[queue.arn],
                    principals=[
                        DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=["sns.amazonaws.com"])
                    ],
                )
            ],
        )
        sqs_queue.SqsQueue.generate_config_for_import(self, "imported", "https://sqs/queue")
        TerraformOutput(self, "policy", value=document.json)
        TerraformOutput(self, "topic-arn", value=topic.arn)


def facts(stack: Sample) -> dict[str, object]:
    """What the program sees of its own objects."""
    text = Testing.synth(stack, True)
    return {
        "vpc": [type(stack.vpc).__name__, aws.vpc.Vpc.TF_RESOURCE_TYPE, aws.vpc.Vpc.is_construct(stack.vpc)],
        "children": sorted(f"{child.node.id} {type(child).__name__}" for child in stack.node.children),
        "has": Testing.to_have_resource_with_properties(text, "aws_vpc", {"cidr_block": "10.0.0.0/16"}),
        "unknown": [hasattr(aws, "no_such_thing"), hasattr(cloudflare, "no_such_thing")],
        "json": text,
    }


def loaded_providers() -> list[str]:
    """The provider modules that were imported."""
    return sorted(name for name in sys.modules if name.startswith("cdktf_cdktf_provider_"))


if __name__ == "__main__":
    print(json.dumps(facts(Sample(Testing.app()))))
    print(len(loaded_providers()), file=sys.stderr)
