"""An image repository in ECR."""

from __future__ import annotations

import json

from cdktf import TerraformProvider, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository as Repository,
)
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from modules.ecr_repository.inputs import EcrRepositoryInputs
from modules.ecr_repository.outputs import EcrRepositoryOutputs
from modules.validation import validate


class EcrRepository(Construct):
    """Immutable tags, a scan at each push, encrypted, and never destroyed by Terraform."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: EcrRepositoryInputs,
        name: str,
        provider: TerraformProvider | None = None,
    ) -> None:
        """`provider` is that of the repository's region."""
        super().__init__(scope, id)
        validate(inputs)
        kms = {"encryption_type": "KMS", "kms_key": inputs.kms_key_arn}
        repository = Repository(
            self,
            "Default",
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[
                EcrRepositoryEncryptionConfiguration(**(kms if inputs.kms_key_arn else {"encryption_type": "AES256"}))
            ],
            # Its images are what runs, and what a rollback needs.
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
            provider=provider,
        )
        EcrLifecyclePolicy(self, "lifecycle", repository=repository.name, policy=_expiry(inputs), provider=provider)
        self.outputs = EcrRepositoryOutputs(url=repository.repository_url, arn=repository.arn)


def _expiry(inputs: EcrRepositoryInputs) -> str:
    """ECR does not know what runs: what is in use is kept by keeping many.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    untagged = {
        "rulePriority": 1,
        "description": "Images without a tag",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": inputs.untagged_days,
        },
        "action": {"type": "expire"},
    }
    old = {
        "rulePriority": 2,
        "description": "All but the images pushed last",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": inputs.kept_images},
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [untagged, old]})
