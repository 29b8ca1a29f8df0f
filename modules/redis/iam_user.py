"""Who may use Redis, where it asks for a token of IAM."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.elasticache_user import ElasticacheUser, ElasticacheUserAuthenticationMode
from cdktf_cdktf_provider_aws.elasticache_user_group import ElasticacheUserGroup
from constructs import Construct

# Also of Valkey, which takes user groups of either engine, so that nothing changes here when it comes. A user group of
# its own engine takes nobody without a password or IAM, such as the default user.
_ENGINE = "redis"
# All keys, all channels of Pub/Sub (of which Redis 7 gives none unasked) and all commands.
_EVERYTHING = "on ~* &* +@all"


class IamUser(Construct):
    """One user, who signs in with a token of IAM; and the default user, whom every group must have, shut out.

    With `admits_others` the default user may do the same without a token.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
    """

    def __init__(self, scope: Construct, id: str, *, name: str, admits_others: bool = False) -> None:
        super().__init__(scope, id)
        self.user = ElasticacheUser(
            self,
            "Default",
            user_id=name,
            user_name=name,  # IAM authentication wants the id here too
            engine=_ENGINE,
            access_string=_EVERYTHING,
            authentication_mode=ElasticacheUserAuthenticationMode(type="iam"),
        )
        nobody = ElasticacheUser(
            self,
            "nobody",
            user_id=f"{name}-default",
            user_name="default",
            engine=_ENGINE,
            access_string=_EVERYTHING if admits_others else "off ~* -@all",
            # An authentication_mode is "no-password-required" in a request and "no-password" in the answer: each plan
            # would change it.
            no_password_required=True,
        )
        self.group = ElasticacheUserGroup(
            self,
            "group",
            user_group_id=name,
            engine=_ENGINE,
            user_ids=[nobody.user_id, self.user.user_id],
            # So that it is deleted after the replication groups have left it: ElastiCache refuses to do so before.
            # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DeleteUserGroup.html
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
