"""Credentials that open nothing, of each form, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from modules.credentials import BY_NAME, RANDOM

# Put together here, so that nobody who scans this file takes one for real.
_WORD = "x7Qp" * 30
_HEX = "9f86d081884c7d65" * 12
_UPPER = "X7QP" * 10


class Sample(NamedTuple):
    """A value with a credential in it, and what of the value nobody may see."""

    value: str
    secret: str


def _all(*values: str) -> tuple[Sample, ...]:
    return tuple(Sample(value, value) for value in values)


# By the form's name, at least one for each way to write it.
SAMPLES: dict[str, tuple[Sample, ...]] = {
    "a password in a URL": (
        Sample("postgres://app:s3cr'et<pw>@db.example.com:5432/app", "s3cr'et<pw>"),
        Sample("rediss://:hunter2pw@cache:6379/0", "hunter2pw"),
        Sample("smtp://postmaster@mg.example.com:hunter2pw@smtp.example.com:587", "hunter2pw"),
        Sample("https://0123abcd:hunter2pw@sentry.example.com/1", "hunter2pw"),
    ),
    "an AWS access key": _all("AKIA" + _UPPER[:16], "ASIA" + _UPPER[:16]),
    "a private key": _all(
        f"-----BEGIN PRIVATE KEY-----\n{_WORD}\n-----END PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY----- {_WORD}",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\\n{_WORD}",
    ),
    "a JSON web token": _all(f"eyJ{_WORD[:20]}.eyJ{_WORD[:60]}.{_WORD[:43]}"),
    "a GitHub token": _all(*(f"gh{kind}_{_WORD[:36]}" for kind in "pousr"), f"github_pat_{_WORD[:22]}_{_WORD[:59]}"),
    "a GitLab token": _all(
        *(
            f"gl{kind}-{_WORD[:20]}"
            for kind in "pat dt rt rtr cbt ptt ft imt agent oas soat ffct".split()  # noqa: SIM905
        ),
        f"glpat-{_WORD[:27]}.01.{_WORD[:9]}",
        f"GR1348941{_WORD[:20]}",
    ),
    "a Slack token": _all(*(f"xox{kind}-1234567890-{_WORD[:24]}" for kind in "abeprs"), f"xapp-1-A1-2-{_WORD[:64]}"),
    "a Slack webhook": (
        Sample(f"https://hooks.slack.com/services/T0001/B0001/{_WORD[:24]}", _WORD[:24]),
        Sample(f"https://hooks.slack.com/workflows/T0001/A0001/1/{_WORD[:24]}", _WORD[:24]),
        Sample(f"https://hooks.slack-gov.com/triggers/T0001/1/{_WORD[:24]}", _WORD[:24]),
    ),
    "a Discord webhook": (
        Sample(f"https://discord.com/api/webhooks/123456789012345678/{_WORD[:68]}", _WORD[:68]),
        Sample(f"https://discordapp.com/api/v10/webhooks/123456789012345678/{_WORD[:68]}", _WORD[:68]),
    ),
    "a Microsoft Teams webhook": (
        Sample(f"https://team.webhook.office.com/webhookb2/0-0@0-0/IncomingWebhook/{_HEX[:32]}/0-0", _HEX[:32]),
    ),
    "an Azure signature": (
        Sample(f"https://prod-1.logic.azure.com/workflows/1/invoke?sv=1.0&sig={_WORD[:43]}", _WORD[:43]),
        Sample(f"https://account.blob.core.windows.net/media?sig={_WORD[:43]}%3D", _WORD[:43]),
    ),
    "a Stripe key": _all(
        *(f"{kind}_{mode}_{_WORD[:24]}" for kind in ("sk", "rk") for mode in ("live", "test")), f"whsec_{_WORD[:32]}"
    ),
    "a SendGrid key": _all(f"SG.{_WORD[:22]}.{_WORD[:43]}"),
    "a Mailgun key": _all(f"key-{_HEX[:32]}", f"{_HEX[:32]}-{_HEX[:8]}-{_HEX[8:16]}"),
    "a Twilio key": _all(f"SK{_HEX[:32]}"),
    "a Telegram token": (Sample(f"1234567890:AA{_WORD[:33]}", _WORD[:33]),),
    "a Google key": _all(f"AIza{_WORD[:35]}", f"GOCSPX-{_WORD[:28]}", f"ya29.{_WORD[:60]}"),
    "an OpenAI key": _all(*(f"sk-{kind}-{_WORD[:60]}" for kind in ("proj", "svcacct", "admin")), f"sk-{_WORD[:48]}"),
    "an Anthropic key": _all(f"sk-ant-api03-{_WORD[:93]}AA"),
    "a Hugging Face token": _all("hf_" + "xQpz" * 8 + "xQ"),
    "an npm token": _all(f"npm_{_WORD[:36]}"),
    "a PyPI token": _all(f"pypi-AgEIcHlwaS5vcmc{_WORD[:60]}"),
    "a Docker Hub token": _all(f"dckr_pat_{_WORD[:27]}", f"dckr_oat_{_WORD[:32]}"),
    "a Cloudflare token": _all(
        *(f"cf{kind}_{_WORD[:48]}" for kind in ("k", "ut", "at")), f"v1.0-{_HEX[:24]}-{_HEX[:146]}"
    ),
    "a DigitalOcean token": _all(*(f"do{kind}_v1_{_HEX[:64]}" for kind in "opr")),
    "a Sentry token": _all(f"sntrys_{_WORD[:100]}_{_WORD[:43]}", f"sntryu_{_HEX[:64]}"),
    "a New Relic key": _all(f"NRAK-{_UPPER[:27]}"),
    "a Grafana token": _all(f"glsa_{_WORD[:32]}_{_HEX[:8]}"),
    "a HashiCorp token": (
        *_all(f"hvs.{_WORD[:95]}", f"hvb.{_WORD[:120]}"),
        Sample(f"{_WORD[:14]}.atlasv1.{_WORD[:67]}", _WORD[:67]),
    ),
}

# What no form tells, under a name that says nothing.
DRAWN = (
    Sample("9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
    Sample("id=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T"),
)

FORMS = tuple((kind, sample) for kind, samples in SAMPLES.items() for sample in samples)
each_form = pytest.mark.parametrize(("kind", "sample"), FORMS)

# All of them, each with its kind and the name of a variable that it stands under.
each_credential = pytest.mark.parametrize(
    ("kind", "name", "sample"),
    [
        *((kind, "PLAIN", sample) for kind, sample in FORMS),
        *((RANDOM, "PLAIN", sample) for sample in DRAWN),
        *((BY_NAME, name, Sample("hunter2", "hunter2")) for name in ("DATABASE_PASSWORD", "DBPASSWORD", "STRIPE_KEY")),
    ],
)

# Whatever is as long as a credential, or begins as one, and is none.
HARMLESS = (
    "postgres://{user}:{password}@{host}:{port}/{name}",
    "postgres://{user}:{password}@{host}:{port}/{name}",
    "https://example.com:8443/a@b",
    "redis://cache:6379/0",
    "https://example.com/?q=a:b@c",
    "me@example.com",
    "disk_test_configuration_of_staging",
    "task-management-of-the-long-backlog",
    "monkey-patching-of-everything",
    "vpc-0123456789abcdef0",
    "i-0123456789abcdef0",
    "12345678-1234-1234-1234-123456789012",
    "AROA" + _UPPER[:17],
    "arn:aws:secretsmanager:us-east-1:333333333333:secret:smtp-1A2b3C4d5E6f7G8h9I-AbCdEf",
    "SG.short",
    "key-value",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/django-app:2.14.0",
    "config.settings.production",
    "::AAAA",
    "-----BEGIN CERTIFICATE-----",
    "https://hooks.slack.com/",
    "token.eyJ.x",
    "ghp_short",
    "xoxb-short",
    "0" * 1000,
)


def starts(text: str) -> Iterator[str]:
    """The beginnings of a text up to where its characters change, as `sk`, `sk_`, `sk_live` and `sk_live_`."""
    for end in range(1, len(text)):
        if _class(text[end - 1]) != _class(text[end]):
            yield text[:end]


def _class(character: str) -> str:
    return "a" if character.isalnum() else character
