"""What somebody else has made is taken over: the plan imports and changes it, and replaces nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from moto.route53.models import HostedZoneIdentifier
from moto.utilities.id_generator import moto_id_manager

from cli.deploy.adopt import command
from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.rehearsal import VARIABLE
from cli.review import gate
from cli.review.planning.inputs import state_with
from cli.terraform.plan import Plan, UnitPlan
from cli.terraform.tree import Unit
from modules.network.inputs import NetworkInputs
from modules.postgresql.inputs import PostgreSQLInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.route53_dns.inputs import Route53DnsInputs
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import Environment, S3State
from stacks.django_backend import compose
from stacks.imports import Imports
from stacks.synthesis.synthesize import synthesize
from stacks.units import bootstrap
from stacks.units.django_service.outputs import DjangoServiceOutputs
from tests import configurations
from tests.support import environment

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT = "123456789012"  # of the environment
BUCKET, REPOSITORY = "legacy-tfstate", "django"
ZONE_ID = "Z0123456789ABCDEFGHIJ"
ZONES = ("us-east-1a", "us-east-1b")
TIERS: dict[str, Any] = {
    "public_cidrs": ("10.0.0.0/24", "10.0.1.0/24"),
    "private_cidrs": ("10.0.10.0/24", "10.0.11.0/24"),
    "database_cidrs": ("10.0.20.0/24", "10.0.21.0/24"),
}


class Somebody:
    """Whoever had a network, a database, Redis, buckets, a repository and records before, under names of their own."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self.ids: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        return self._aws.client(service, ACCOUNT)

    def make(self) -> None:
        self._network()
        self._stores()
        for bucket in (BUCKET, "legacy-alb-logs"):
            self.client("s3").create_bucket(Bucket=bucket)
        self.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="MUTABLE")
        route53 = self.client("route53")
        # Moto draws ids that AWS would not.
        moto_id_manager.set_custom_id(HostedZoneIdentifier(ACCOUNT, "example.com.", None), ZONE_ID)
        zone = route53.create_hosted_zone(Name="example.com.", CallerReference="legacy")["HostedZone"]["Id"]
        record = {"Name": "api.example.com", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        )

    def _network(self) -> None:
        ec2, ids = self.client("ec2"), self.ids
        vpc = ids["vpc"] = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        for tier, blocks in TIERS.items():
            ids[tier] = [
                ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
                for block, zone in zip(blocks, ZONES, strict=True)
            ]
        gateway = ids["gateway"] = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        public = ids["table"] = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=public, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        for subnet in ids["public_cidrs"]:
            ec2.associate_route_table(RouteTableId=public, SubnetId=subnet)
        address = ids["address"] = ec2.allocate_address(Domain="vpc")["AllocationId"]
        # AWS says so by itself, and moto only what it was told.
        nat = ec2.create_nat_gateway(SubnetId=ids["public_cidrs"][0], AllocationId=address, ConnectivityType="public")[
            "NatGateway"
        ]
        ids["nat"] = nat["NatGatewayId"]
        # One table for all private subnets: an environment has one for each zone.
        private = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=private, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=ids["nat"])
        for subnet in ids["private_cidrs"]:
            ec2.associate_route_table(RouteTableId=private, SubnetId=subnet)

    def _stores(self) -> None:
        ids, rds, elasticache = self.ids, self.client("rds"), self.client("elasticache")
        subnets = ids["database_cidrs"]
        rds.create_db_subnet_group(
            DBSubnetGroupName="legacy-db-subnets", DBSubnetGroupDescription="By hand", SubnetIds=subnets
        )
        rds.create_db_instance(
            DBInstanceIdentifier="legacy-db",
            DBInstanceClass="db.t3.medium",
            Engine="postgres",
            EngineVersion="15.7",
            AllocatedStorage=100,
            StorageType="gp2",
            StorageEncrypted=True,
            DBName="shop",
            MasterUsername="owner",
            MasterUserPassword="only-for-this-test",
            DBSubnetGroupName="legacy-db-subnets",
            BackupRetentionPeriod=1,
        )
        elasticache.create_cache_subnet_group(
            CacheSubnetGroupName="legacy-cache-subnets",
            CacheSubnetGroupDescription="By hand",
            SubnetIds=ids["private_cidrs"],
        )
        elasticache.create_replication_group(
            ReplicationGroupId="legacy-cache",
            ReplicationGroupDescription="By hand",
            Engine="redis",
            EngineVersion="7.1",
            CacheNodeType="cache.t4g.small",
            NumCacheClusters=2,
            AutomaticFailoverEnabled=True,
            MultiAZEnabled=True,
            CacheSubnetGroupName="legacy-cache-subnets",
            AtRestEncryptionEnabled=True,
            TransitEncryptionEnabled=True,
        )


def before() -> Environment:
    """The environment as somebody begins to describe it, without names of their own."""
    return environment(
        state=S3State(bucket=BUCKET),
        network=NetworkInputs(cidr="10.0.0.0/16", zones=ZONES, nat="single_gateway", **TIERS),
        cloudflare_dns=None,
        dns=Route53DnsInputs(zone_id=ZONE_ID, zone_name="example.com", record_name="api"),
        django_service=replace(
            environment().django_service,
            load_balancer=replace(environment().django_service.load_balancer, access_log_bucket="legacy-alb-logs"),
        ),
        bootstrap=BootstrapInputs(),
    )


def with_names(of: Environment) -> Environment:
    """With what the verb says of the database and Redis."""
    return replace(
        of,
        postgresql=PostgreSQLInputs(
            instance_class="db.t4g.small",
            storage_gb=100,
            identifier="legacy-db",
            subnet_group_name="legacy-db-subnets",
            engine_version="15.7",
            auto_minor_version_upgrade=False,
            # In the maintenance window otherwise, so that the plan would not be empty before.
            apply_immediately=True,
            database_name="shop",
            master_username="owner",
        ),
        redis=RedisInputs(
            cache=RedisGroupInputs(node_type="cache.t4g.small", replication_group_id="legacy-cache"),
            subnet_group_name="legacy-cache-subnets",
            apply_immediately=True,
        ),
    )


class Adopter:
    """Whoever takes it over, with the verb, the gate and Terraform."""

    def __init__(self, aws: LocalAws, directory: Path) -> None:
        self._aws, self._directory = aws, directory

    def propose(self, of: Environment) -> Imports:
        """The entries that the verb writes into a file."""
        config = self._directory / "config"
        config.mkdir(exist_ok=True)
        configurations.write(config, of)
        file = self._directory / "imports.py"
        file.write_text('IMPORTS: Imports = {}\n"""Kept."""\n')
        assert command.main([of.name, "--write"], directory=config, entries=file) == 0
        text = file.read_text()
        assert text.endswith('\n"""Kept."""\n')
        scope: dict[str, Any] = {"Imports": Imports}
        exec(text, scope)
        found: Imports = scope["IMPORTS"]
        return found

    def synthesized(self, of: Environment, entries: Imports, compose: Any, name: str) -> LocalDeployment:
        (self._directory / name).mkdir()
        output = self._directory / name / "out"
        synthesize({"test.py": of}, output, lambda _: None, compose, imports=entries, names=(of.name,))
        return LocalDeployment(output, self._directory / name, self._aws)

    def plan(self, deployment: LocalDeployment, unit: Unit) -> Plan:
        deployment.initialize(unit)
        deployment.terraform.run(unit.home, "plan", "-json", "-input=false", "-out=tfplan")
        plan = Plan(json.loads(deployment.terraform.run(unit.home, "show", "-json", "tfplan")))
        assert gate.losses([UnitPlan(name=unit.name, configuration=unit.configuration, plan=plan)]) == []
        return plan


@pytest.fixture
def somebody(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Somebody:
    """With the verb in a shell that speaks to the same AWS, as a rehearsal does."""
    for name, value in {**aws.environment(ACCOUNT, {}), VARIABLE: "1"}.items():
        monkeypatch.setenv(name, value)
    somebody = Somebody(aws)
    somebody.make()
    return somebody


def test_what_exists_is_proposed_and_imported_and_nothing_is_replaced(
    aws: LocalAws, somebody: Somebody, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adopter, ids = Adopter(aws, tmp_path), somebody.ids

    start = before()
    proposed = adopter.propose(start)
    assert "postgresql" not in proposed["test"], "it has another name"
    said = capsys.readouterr().out
    for path, value in NAMES.items():
        assert f"{path}={value!r}" in said

    adopted = with_names(start)
    entries = adopter.propose(adopted)
    assert entries["test"]["network"]["aws_vpc.network"] == ids["vpc"]
    assert entries["test"]["network"]["aws_nat_gateway.network_nat_gateway_a"] == ids["nat"]
    assert entries["test"]["network"]["aws_eip.network_nat_address_a"] == ids["address"]
    assert entries["test"]["network"]["aws_route_table.network_public_routes"] == ids["table"]

    # What is downstream of a service that is not deployed here finds what it would have.
    state = json.dumps(state_with(asdict(DjangoServiceOutputs.mock())))
    somebody.client("s3").put_object(Bucket=BUCKET, Key="django/test/django-service/terraform.tfstate", Body=state)

    imported = set()
    for composed, name in ((bootstrap.compose, "bootstrap"), (compose, "stack")):
        deployment = adopter.synthesized(adopted, entries, composed, name)
        for unit in deployment.units:
            if unit.role not in DEPLOYED:
                continue
            plan = adopter.plan(deployment, unit)
            assert {each.address: each.imported_id for each in plan.changes if each.is_imported} == entries["test"][
                unit.role
            ]
            assert not [each.address for each in plan.changes if each.is_destroyed]
            imported |= {each.address for each in plan.changes if each.is_imported}
            deployment.apply(unit)
            assert deployment.plan(unit) == {}, "an entry that was imported does nothing"
    assert imported >= HELD
    assert adopter.propose(adopted)["test"].keys() == {"django-service"}, "what is in a state is not proposed again"


# The units that are deployed, and what of theirs holds data or identity.
DEPLOYED = ("bootstrap", "network", "postgresql", "redis", "route53-dns")
HELD = {
    "aws_db_instance.postgresql",
    "aws_ecr_repository.ecr_repository",
    "aws_elasticache_replication_group.redis",
    "aws_route53_record.record",
    "aws_s3_bucket.state_bucket",
    "aws_vpc.network",
}
NAMES = {
    "postgresql.identifier": "legacy-db",
    "postgresql.subnet_group_name": "legacy-db-subnets",
    "postgresql.engine_version": "15.7",
    "postgresql.auto_minor_version_upgrade": False,
    "postgresql.storage_gb": 100,
    "postgresql.database_name": "shop",
    "postgresql.master_username": "owner",
    "redis.cache.replication_group_id": "legacy-cache",
    "redis.subnet_group_name": "legacy-cache-subnets",
}
