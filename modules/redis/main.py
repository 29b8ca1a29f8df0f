"""Redis on ElastiCache: the cache of Django and the broker of Celery, in one group or in two."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.elasticache_subnet_group import ElasticacheSubnetGroup
from constructs import Construct

from modules.placement import Placement
from modules.redis.group import RedisGroup, Surroundings
from modules.redis.iam_user import IamUser
from modules.redis.inputs import CARRIES_TASKS, RedisInputs
from modules.redis.outputs import CACHE, QUEUE, RedisOutputs, url
from modules.security_group import store_security_group
from modules.validation import validate


class Redis(Construct):
    """Cache and broker in the private subnets, which admit the application, and nobody else who is not named."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: RedisInputs,
        prefix: str,
        placement: Placement,
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self._name = f"{prefix}-redis"
        subnet_group = ElasticacheSubnetGroup(
            self,
            "subnet-group",
            name=inputs.subnet_group_name or self._name,
            description="Redis",
            subnet_ids=placement.subnet_ids,
        )
        security_group = store_security_group(
            self,
            name=self._name,
            store="Redis",
            placement=placement,
            port=inputs.port,
            security_group_ids=inputs.allowed_security_group_ids,
            cidrs=inputs.allowed_cidrs,
        )
        iam = None
        if inputs.has_users:
            iam = IamUser(self, "user", name=self._name, admits_others=inputs.switching_authentication)
        user = iam.user if iam and inputs.iam_authentication else None
        surroundings = Surroundings(
            inputs=inputs,
            subnet_group_name=subnet_group.name,
            security_group_id=security_group.id,
            user_group_id=iam.group.user_group_id if iam else None,
        )
        # The cache keeps its name and its address whether it carries the broker or not: a change between the two
        # replaces nothing.
        cache = RedisGroup(
            self,
            "Default",
            inputs=inputs.cache,
            name=self._name,
            description=CARRIES_TASKS if inputs.cache_carries_tasks else "Cache",
            maxmemory_policy=inputs.cache_maxmemory_policy,
            surroundings=surroundings,
        )
        broker, database = cache, QUEUE
        if inputs.broker:
            database = CACHE
            broker = RedisGroup(
                self,
                "broker",
                inputs=inputs.broker,
                name=f"{self._name}-broker",
                description="Celery broker",
                maxmemory_policy="noeviction",
                surroundings=surroundings,
            )
        self.broker_member_clusters = broker.resource.member_clusters
        self.outputs = RedisOutputs(
            primary_endpoint_address=cache.address,
            reader_endpoint_address=cache.resource.reader_endpoint_address,
            port=inputs.port,
            arn=cache.resource.arn,
            id=cache.resource.id,
            member_clusters=cache.resource.member_clusters,
            broker_primary_endpoint_address=broker.address,
            broker_arn=broker.resource.arn,
            broker_id=broker.resource.id,
            security_group_id=security_group.id,
            redis_url=url(cache.address, inputs.port, CACHE),
            celery_broker_url=url(broker.address, inputs.port, database),
            iam_user_name=user.user_name if user else "",
            iam_user_arn=user.arn if user else "",
        )
