"""createsuperuser makes somebody who can sign in, or fails: it runs where there is no terminal, and nobody looks."""

import getpass
import io

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

ANN = {"username": "ann", "email": "ann@example.com"}
PBKDF2 = "django.contrib.auth.hashers.PBKDF2PasswordHasher"

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_password_in_the_environment(monkeypatch):
    monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)


def refused(**options) -> str:
    """Why nobody was made."""
    with pytest.raises(CommandError) as error:
        call_command("createsuperuser", **ANN, **options)
    assert not User.objects.exists()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_without_a_terminal_it_fails_and_names_the_verb_that_needs_none():
    assert refused(stdin=io.StringIO()) == (
        "there is no terminal, so nobody can be asked: run `make superuser ENV=… USERNAME=… EMAIL=…`"
    )


def test_without_any_standard_input_it_fails_too():
    assert "there is no terminal" in refused(stdin=None)


def test_with_a_terminal_it_asks_as_django_does(client, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda *_: "correct horse battery")
    call_command("createsuperuser", **ANN, stdin=Terminal())
    assert client.login(username="ann", password="correct horse battery")


@pytest.mark.parametrize("password", [None, ""])
def test_nobody_is_made_who_could_never_sign_in(monkeypatch, password):
    if password is not None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    assert refused(interactive=False) == (
        "without a password nobody could sign in: give --password-hash, or set DJANGO_SUPERUSER_PASSWORD"
    )


def test_the_password_may_come_by_the_environment_as_django_has_it(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", **ANN, interactive=False)
    assert client.login(username="ann", password="correct horse battery")


@pytest.mark.parametrize("username", ["ann", "ａｎｎ"])  # the second is kept as the first
def test_whose_hash_is_given_signs_in_to_the_admin_site_by_its_password(client, username):
    made = make_password("correct horse battery")
    call_command("createsuperuser", **ANN | {"username": username}, interactive=False, password_hash=made)
    user = User.objects.get()
    assert (user.username, user.email, user.password) == ("ann", "ann@example.com", made)
    assert client.login(username="ann", password="correct horse battery")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "correct horse battery",
        make_password(None),
        make_password("x", hasher=PBKDF2PasswordHasher()),
        "md5",
        "md5$salt",
        "md5$$d41d8cd98f00b204e9800998ecf8427e",
        "d41d8cd98f00b204e9800998ecf8427e",
    ],
    ids=["nothing", "a password", "unusable", "of another hasher", "a name", "torn", "without salt", "bare"],
)
def test_what_is_no_hash_of_the_settings_is_refused_and_not_repeated(given):
    reason = refused(interactive=False, password_hash=given)
    assert reason == "--password-hash is no hash that PASSWORD_HASHERS know: give one that make_password() made"


@pytest.mark.parametrize("torn", ["pbkdf2_sha25600000", "pbkdf2_sha256$many$salt$hash", "pbkdf2_sha256$9$$hash"])
def test_a_hash_that_a_shell_has_torn_is_refused(settings, torn):
    settings.PASSWORD_HASHERS = [PBKDF2]
    assert "is no hash" in refused(interactive=False, password_hash=torn)


def test_a_hash_asks_nobody():
    assert refused(stdin=Terminal(), password_hash=make_password("x")) == (
        "--password-hash needs --noinput and --username beside it: give them"
    )


def test_a_hash_needs_to_be_told_whose_it_is(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ann")
    with pytest.raises(CommandError, match="needs --noinput and --username"):
        call_command("createsuperuser", email="a@example.com", interactive=False, password_hash=make_password("x"))
    assert not User.objects.exists()


def test_a_name_that_is_taken_stays_with_its_owner():
    User.objects.create_user("ann", password="hers")
    with pytest.raises(CommandError, match="That username is already taken"):
        call_command("createsuperuser", **ANN, interactive=False, password_hash=make_password("x"))
    assert User.objects.get().check_password("hers")
    assert not User.objects.get().is_superuser
