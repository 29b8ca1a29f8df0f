"""AWS Backup as IAM knows it."""

from __future__ import annotations

SERVICE = "backup.amazonaws.com"
# https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
BACKUP_POLICY = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
RESTORE_POLICY = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores"
