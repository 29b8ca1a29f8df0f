"""As much as possible is another than in the others: a hyphen, a project, a region, and what exists already."""

from stacks.config import (
    CertificateInputs,
    CloudflareDnsInputs,
    DjangoServiceInputs,
    Environment,
    ExistingNetworkInputs,
    HealthCheckInputs,
    LoadBalancerInputs,
    PostgreSQLInputs,
    RedisGroupInputs,
    RedisInputs,
    S3State,
    WebAutoscalingInputs,
    WebInputs,
)

ENVIRONMENT = Environment(
    name="eu-prod",
    project="web-shop",
    account_id="444444444444",
    region="eu-central-1",
    owner="shop-team",
    tags={"CostCenter": "4711"},
    state=S3State(bucket="shop-tfstate", region="eu-west-1"),
    network=ExistingNetworkInputs(
        vpc_id="vpc-0123456789abcdef0",
        vpc_cidr="172.20.0.0/16",
        public_subnet_ids=("subnet-00000000000000001", "subnet-00000000000000002"),
        private_subnet_ids=("subnet-00000000000000011", "subnet-00000000000000012"),
        database_subnet_ids=("subnet-00000000000000021", "subnet-00000000000000022"),
    ),
    postgresql=PostgreSQLInputs(instance_class="db.m7g.large", storage_gb=400, read_replica=True),
    redis=RedisInputs(
        cache=RedisGroupInputs(node_type="cache.m7g.large"), broker=RedisGroupInputs(node_type="cache.t4g.small")
    ),
    certificate=CertificateInputs(
        existing_arn="arn:aws:acm:eu-central-1:444444444444:certificate/01234567-89ab-cdef-0123-456789abcdef"
    ),
    django_service=DjangoServiceInputs(
        ecr_repository_url="444444444444.dkr.ecr.eu-west-1.amazonaws.com/shop/django",
        web=WebInputs(
            cpu=1024, memory_mib=2048, desired_count=3, autoscaling=WebAutoscalingInputs(min_count=3, max_count=9)
        ),
        additional_allowed_hosts=(".shop.example.net",),
        database_authentication="secret",
        load_balancer=LoadBalancerInputs(health_check=HealthCheckInputs(path="/health/ready/")),
    ),
    cloudflare_dns=CloudflareDnsInputs(
        zone_id="44444444444444444444444444444444", zone_name="example.net", record_name="shop"
    ),
)
