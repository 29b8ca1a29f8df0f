"""Trust stores, which moto does not have, and that listeners verify clients by one, which it forgets.

There is no upstream issue yet.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from cli.local_aws.gaps.patch import around, missing_from

Json = dict[str, Any]


def _stores(self: Any) -> dict[str, Json]:
    found: dict[str, Json] = self.elbv2_backend.__dict__.setdefault("trust_stores", {})
    return found


def _store(self: Any, arn: str) -> Json:
    if arn not in _stores(self):
        raise ELBClientError("TrustStoreNotFound", f"Trust store '{arn}' not found")
    return _stores(self)[arn]


def _certificates(self: Any) -> int:
    """How many the bundle has, which must be there."""
    bucket, key = (self._get_param(f"CaCertificatesBundleS3{name}") for name in ("Bucket", "Key"))
    found = s3_backends[self.current_account][self.partition].get_object(bucket, key)
    if found is None:
        raise ELBClientError("CaCertificatesBundleNotFound", f"s3://{bucket}/{key} not found")
    return int(found.value.count(b"-----BEGIN CERTIFICATE-----"))


@missing_from(ELBV2Response)
def create_trust_store(self: Any) -> ActionResult:
    name, backend = self._get_param("Name"), self.elbv2_backend
    owner = f"arn:{self.partition}:elasticloadbalancing:{self.region}:{self.current_account}"
    arn = f"{owner}:truststore/{name}/{mock_random.get_random_hex(16)}"
    made = {"TrustStoreArn": arn, "Name": name, "Status": "ACTIVE", "NumberOfCaCertificates": _certificates(self)}
    if any(each["Name"] == name for each in _stores(self).values()):
        raise ELBClientError("DuplicateTrustStoreName", f"A trust store with the name '{name}' already exists")
    backend.tagging_service.tag_resource(arn, self._get_param("Tags"))
    _stores(self)[arn] = {**made, "TotalRevokedEntries": 0}
    return ActionResult({"TrustStores": [_stores(self)[arn]]})


@missing_from(ELBV2Response)
def describe_trust_stores(self: Any) -> ActionResult:
    names, arns = self._get_param("Names"), self._get_param("TrustStoreArns")
    named = [each for each in _stores(self).values() if not names or each["Name"] in names]
    return ActionResult({"TrustStores": [_store(self, arn) for arn in arns] if arns else named})


@missing_from(ELBV2Response)
def modify_trust_store(self: Any) -> ActionResult:
    store = _store(self, self._get_param("TrustStoreArn"))
    store["NumberOfCaCertificates"] = _certificates(self)
    return ActionResult({"TrustStores": [store]})


def _users(self: Any, arn: str) -> list[str]:
    """The listeners that verify clients by a trust store."""
    every = [each for balancer in self.elbv2_backend.load_balancers.values() for each in balancer.listeners.values()]
    return [each.arn for each in every if getattr(each, "mutual_authentication", {}).get("TrustStoreArn") == arn]


@missing_from(ELBV2Response)
def describe_trust_store_associations(self: Any) -> ActionResult:
    arn = _store(self, self._get_param("TrustStoreArn"))["TrustStoreArn"]
    return ActionResult({"TrustStoreAssociations": [{"ResourceArn": each} for each in _users(self, arn)]})


@missing_from(ELBV2Response)
def delete_trust_store(self: Any) -> ActionResult:
    arn = _store(self, self._get_param("TrustStoreArn"))["TrustStoreArn"]
    if _users(self, arn):
        raise ELBClientError("TrustStoreInUse", f"Trust store '{arn}' is in use")
    del _stores(self)[arn]
    return ActionResult({})


@around(ELBV2Response, "create_listener")
@around(ELBV2Response, "modify_listener")
def _listener(original: Any, self: Any) -> Any:
    """Only HTTPS has clients with certificates; what a call leaves out stays."""
    answer = original(self)
    (listener,) = answer.result["Listeners"]
    given = self._get_param("MutualAuthentication") or getattr(listener, "mutual_authentication", None)
    if listener.protocol == "HTTPS":
        listener.mutual_authentication = given or {"Mode": "off"}
        if "TrustStoreArn" in listener.mutual_authentication:
            _store(self, listener.mutual_authentication["TrustStoreArn"])
            listener.mutual_authentication.setdefault("AdvertiseTrustStoreCaNames", "off")
    return answer
