"""The application load balancer in front of the web service."""

from __future__ import annotations

from collections.abc import Iterable

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.lb import Lb, LbAccessLogs
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionRedirect,
    LbListenerMutualAuthentication,
)
from constructs import Construct

from modules.load_balancer.access_logs import AccessLogs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.load_balancer.outputs import LoadBalancerOutputs
from modules.load_balancer.security_groups import (
    EVERYBODY,
    EVERYBODY_IPV6,
    HTTP,
    HTTPS,
    PORTS,
    LoadBalancerSecurityGroup,
    Source,
)
from modules.load_balancer.target_group import target_group
from modules.load_balancer.trust_store import TrustStore
from modules.placement import Placement
from modules.validation import validate


class LoadBalancer(Construct):
    """Forwards HTTPS to the application's tasks and redirects HTTP to it; without a certificate it forwards HTTP."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: LoadBalancerInputs,
        prefix: str,
        region: str,
        account_id: str,
        placement: Placement,
        certificate_arn: str | None,
        container_port: int,
        health_path: str,
        health_codes: str = "200",
        further_ports: Iterable[int] = (),
        prefix_list_id: str | None = None,
        prefix_list_ipv6_id: str | None = None,
        proxy: str = "Cloudflare",
        vpc_cidr: str | None = None,
        client_ca_certificates: str | None = None,
        requires_client_certificate: bool = False,
    ) -> None:
        """`further_ports` are those on which other containers than that of web listen.

        `prefix_list_id` names those who may reach it, as the ranges of `proxy`; None: whom `inputs` name.

        `vpc_cidr` may reach an internal one. `certificate_arn` is None where the proxy ends TLS.

        `client_ca_certificates`, in PEM, issue the certificates that clients must show where that is required.
        """
        super().__init__(scope, id)
        validate(inputs)
        self.inputs = inputs
        self.health_check = inputs.health_check
        self.health_path = inputs.health_check.path or health_path
        self.health_codes = health_codes
        group = LoadBalancerSecurityGroup(
            self,
            "security-group",
            existing_id=inputs.security_group_id,
            prefix=prefix,
            placement=placement,
            container_port=container_port,
            further_ports=sorted({*further_ports} - {container_port}),
            sources=_sources(inputs, proxy, prefix_list_id, prefix_list_ipv6_id, vpc_cidr),
            ports=PORTS if certificate_arn else {"http": HTTP},
        )
        logs = AccessLogs(
            self,
            "access-logs",
            name=inputs.access_log_bucket or f"{prefix}-alb-logs-{account_id}-{region}",
            account_id=account_id,
            days=inputs.access_log_days,
            delete_logs=inputs.delete_access_logs,
        )
        balancer = Lb(
            self,
            "Default",
            name=inputs.name or prefix,
            load_balancer_type="application",
            internal=inputs.internal,
            ip_address_type=inputs.ip_address_type,
            subnets=placement.subnet_ids,
            security_groups=[group.id],
            access_logs=LbAccessLogs(bucket=logs.bucket.id, enabled=True),
            enable_deletion_protection=inputs.deletion_protection,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=inputs.desync_mitigation_mode,
            idle_timeout=inputs.idle_timeout_seconds,
            # Elastic Load Balancing writes a test file to the bucket when it is given one.
            depends_on=[logs.policy],
        )
        targets = target_group(
            self,
            inputs=inputs,
            prefix=prefix,
            name=prefix,
            vpc_id=placement.vpc_id,
            container_port=container_port,
            health_path=self.health_path,
            health_codes=health_codes,
        )
        forward = LbListenerDefaultAction(type="forward", target_group_arn=targets.arn)
        clients = None
        if client_ca_certificates is not None:
            trust_store = TrustStore(
                self,
                "trust-store",
                name=prefix,
                bucket=f"{prefix}-alb-ca-{account_id}-{region}",
                ca_certificates=client_ca_certificates,
            )
            clients = _verify(trust_store.arn) if requires_client_certificate else _ignore()
        https = None
        if certificate_arn:
            https = LbListener(
                self,
                "https",
                load_balancer_arn=balancer.arn,
                port=HTTPS,
                protocol="HTTPS",
                ssl_policy=inputs.ssl_policy,
                certificate_arn=certificate_arn,
                default_action=[forward],
                mutual_authentication=clients,
            )
        http = LbListener(
            self,
            "http",
            load_balancer_arn=balancer.arn,
            port=HTTP,
            protocol="HTTP",
            default_action=[_redirect() if https else forward],
        )
        self.listener_arn = (https or http).arn
        """Of the listener that serves the application."""
        self.ready: list[ITerraformDependable] = [https or http]
        """ECS refuses a service whose target group belongs to no listener yet."""
        self.outputs = LoadBalancerOutputs(
            arn=balancer.arn,
            arn_suffix=balancer.arn_suffix,
            dns_name=balancer.dns_name,
            https_listener_arn=https.arn if https else None,
            zone_id=balancer.zone_id,
            security_group_id=group.id,
            target_group_arn=targets.arn,
            target_group_arn_suffix=targets.arn_suffix,
            request_label=f"{balancer.arn_suffix}/{targets.arn_suffix}",
            access_log_bucket=logs.bucket.id,
        )


def _redirect() -> LbListenerDefaultAction:
    to_https = LbListenerDefaultActionRedirect(protocol="HTTPS", port=str(HTTPS), status_code="HTTP_301")
    return LbListenerDefaultAction(type="redirect", redirect=to_https)


def _verify(trust_store_arn: str) -> LbListenerMutualAuthentication:
    """Only clients with a certificate of these authorities.

    An expired one is accepted: it shows as well as before who holds its key, and refusing it would shut all visitors
    out on a day that nobody has in mind. Whom to refuse is said by the trust store.
    """
    return LbListenerMutualAuthentication(
        mode="verify", trust_store_arn=trust_store_arn, ignore_client_certificate_expiry=True
    )


def _ignore() -> LbListenerMutualAuthentication:
    """Written out, because the provider keeps what a listener has where the block is left out."""
    return LbListenerMutualAuthentication(mode="off")


def _sources(
    inputs: LoadBalancerInputs,
    proxy: str,
    prefix_list_id: str | None,
    prefix_list_ipv6_id: str | None,
    vpc_cidr: str | None,
) -> list[Source]:
    """Who reaches the load balancer."""
    allowed = [Source.block(str(cidr)) for cidr in inputs.allowed_cidrs]
    if prefix_list_id:
        found = [Source(description=proxy, prefix_list_id=prefix_list_id), *allowed]
        if prefix_list_ipv6_id:
            found.append(Source(suffix="-ipv6", description=proxy, prefix_list_id=prefix_list_ipv6_id))
        return found
    if allowed:
        return allowed
    if inputs.internal and vpc_cidr:
        return [Source(description="The VPC", cidr=vpc_cidr)]
    return [EVERYBODY, *([EVERYBODY_IPV6] if inputs.ip_address_type == "dualstack" else [])]
