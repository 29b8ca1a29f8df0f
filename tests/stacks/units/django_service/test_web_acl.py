"""The web ACL in the unit: there where nothing else stands in front, and nothing of it elsewhere."""

from __future__ import annotations

from pathlib import Path

from cdktf import Testing

from modules.external_dns.inputs import ExternalDnsInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.web_acl.inputs import WebAclInputs
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests.configurations import changed
from tests.support import Json, addresses, environment, read_output

PATH = ("django_service", "load_balancer")
BALANCER = "${aws_lb.load_balancer.arn}"


def units(*environments: Environment) -> dict[str, Json]:
    app = Testing.app()
    for each in environments:
        compose(app, each)
    app.synth()
    return dict(read_output(Path(app.outdir)))


def test_it_is_in_front_of_the_load_balancer_where_nothing_else_is() -> None:
    external = environment(name="open", cloudflare_dns=None, dns=ExternalDnsInputs(hostname="api.example.com"))
    both: Environment = changed(environment(name="both"), PATH, LoadBalancerInputs(web_acl=WebAclInputs()))
    found = units(external, environment(name="proxied"), both)
    open_, proxied, both_ = (found[f"{name}-django-service"] for name in ("open", "proxied", "both"))
    assert {each for each in addresses(open_) if "web_acl" in each} == {
        "aws_cloudwatch_log_group.web_acl_log_group",
        "aws_wafv2_web_acl.web_acl",
        "aws_wafv2_web_acl_association.web_acl_association",
        "aws_wafv2_web_acl_logging_configuration.web_acl_logging",
    }
    association = open_["resource"]["aws_wafv2_web_acl_association"]["web_acl_association"]
    assert association["resource_arn"] == BALANCER
    assert not [each for each in addresses(proxied) if "wafv2" in each]
    (rate, *_) = both_["resource"]["aws_wafv2_web_acl"]["web_acl"]["rule"]
    by = rate["statement"]["rate_based_statement"]["forwarded_ip_config"]["header_name"]
    assert by == "CF-Connecting-IP"
