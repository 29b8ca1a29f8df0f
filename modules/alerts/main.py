"""Two topics of SNS with a key of their own, who may publish there, and who is told."""

from __future__ import annotations

from typing import get_args

from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from modules.alerts.chat import Chat
from modules.alerts.inputs import AlertsInputs, Topic, topic_arn
from modules.alerts.outputs import AlertsOutputs
from modules.iam import Condition, Statement, policy
from modules.validation import validate

_CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}
_EVENTBRIDGE = {"Service": "events.amazonaws.com"}
_ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey*")


class Alerts(Construct):
    """Encrypted, and published to by alarms of this environment and by rules of EventBridge alone.

    ElastiCache publishes to no encrypted topic, and what RDS has to say comes by EventBridge.
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html
    """

    def __init__(
        self, scope: Construct, id: str, *, inputs: AlertsInputs, prefix: str, region: str, account_id: str
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        topics: tuple[Topic, ...] = get_args(Topic)
        arns = {topic: topic_arn(topic, prefix=prefix, region=region, account_id=account_id) for topic in topics}
        # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
        account = {"aws:SourceAccount": account_id}
        alarms = {"aws:SourceArn": f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{prefix}-*"}
        # SNS says for which topic it encrypts.
        encrypted = {"kms:EncryptionContext:aws:sns:topicArn": [*arns.values()]}
        # Alarms cannot publish to what is encrypted with AWS's own key, because nobody can change its policy.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        key = KmsKey(
            self,
            "key",
            description=f"{prefix}: what is published to the topics of alerts",
            enable_key_rotation=True,
            policy=policy(
                [
                    Statement(
                        sid="Administer",
                        principal={"AWS": f"arn:aws:iam::{account_id}:root"},
                        actions="kms:*",
                        resources="*",
                    ),
                    Statement(
                        sid="Alarms",
                        principal=_CLOUDWATCH,
                        actions=_ENCRYPT,
                        resources="*",
                        condition={"StringEquals": {**account, **encrypted}, "ArnLike": alarms},
                    ),
                    Statement(
                        sid="Events",
                        principal=_EVENTBRIDGE,
                        actions=_ENCRYPT,
                        resources="*",
                        condition={"StringEquals": encrypted},
                    ),
                ]
            ),
        )
        of_alarms: Condition = {"StringEquals": account, "ArnLike": alarms}
        made = {topic: self._topic(topic, arns[topic], prefix, key, of_alarms) for topic in topics}
        for topic in topics:
            if emails := inputs.recipients(topic).emails:
                self._write_to(topic, made[topic], emails)
        if inputs.chat:
            Chat(
                self,
                "chat",
                channels=inputs.chat,
                topic_arns={topic: each.arn for topic, each in made.items()},
                prefix=prefix,
                account_id=account_id,
            )
        self.outputs = AlertsOutputs(urgent_topic_arn=made["urgent"].arn, notices_topic_arn=made["notices"].arn)

    def _topic(self, name: Topic, arn: str, prefix: str, key: KmsKey, of_alarms: Condition) -> SnsTopic:
        topic = SnsTopic(self, name, name=f"{prefix}-{name}", kms_master_key_id=key.arn)
        SnsTopicPolicy(
            self,
            f"{name}-policy",
            arn=topic.arn,
            policy=policy(
                [
                    Statement(
                        sid="Alarms", principal=_CLOUDWATCH, actions="sns:Publish", resources=arn, condition=of_alarms
                    ),
                    # EventBridge says nothing that a condition could ask for, and with one its events would be lost.
                    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
                    Statement(sid="Events", principal=_EVENTBRIDGE, actions="sns:Publish", resources=arn),
                    Statement(
                        sid="TlsOnly",
                        effect="Deny",
                        principal={"AWS": "*"},
                        actions="sns:Publish",
                        resources=arn,
                        condition={"Bool": {"aws:SecureTransport": "false"}},
                    ),
                ]
            ),
        )
        return topic

    def _write_to(self, name: Topic, topic: SnsTopic, emails: tuple[str, ...]) -> None:
        """Subscribe addresses, each of which stays pending until somebody confirms it."""
        subscription = SnsTopicSubscription(
            self, f"{name}-email", topic_arn=topic.arn, protocol="email", endpoint="${each.value}"
        )
        subscription.add_override("for_each", {str(email): str(email) for email in emails})
