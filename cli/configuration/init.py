"""Write the environments of your own in place of those of stacks/config: `python -m cli init`.

On a terminal it asks for what no option says; without one, it names all that is missing. An option takes a value for
all environments, or one for each: `--account-id dev=111111111111,prod=222222222222`. Commas also separate several
addresses: `--alert-emails dev=ann@example.com,prod=ann@example.com,bob@example.com`. An environment is made from one
that is there, of the same name or as `--size` says, and keeps its values unless you say otherwise.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cli import command as commands
from cli import files
from cli.configuration import place
from cli.configuration.derive import Derivation, Values, with_name
from cli.configuration.dns import KINDS, Kind, kind_of
from cli.configuration.questions import EMAILS, GITHUB, QUESTIONS, Question, ask, split
from cli.failure import run_command
from cli.review.cost.price_list import PriceList
from modules.cloudfront.inputs import NoDnsInputs
from modules.validation import Example, examples, show
from stacks.config import loader
from stacks.config.schema import NAME, RESERVED_NAMES, Environment, S3State
from stacks.failure import Failure

SMALL, PRODUCTION = "small", "production"
_UNASKED = ("state-bucket", "image-repository")
"""Options that follow from the others unless they are given."""
_LISTS = [question.option for question in QUESTIONS if question.is_list]


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. Every error is one line, and then nothing was written."""
    return run_command("init", lambda: _run(_parse(argv), directory))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = commands.Parser("init", __doc__)
    parser.add_argument("--environments", metavar="NAMES", help="in the order of deployment, as dev,staging,prod")
    sizes = f"{SMALL}, {PRODUCTION}, or one of the present environments"
    parser.add_argument("--size", metavar="SIZE", help=f"{sizes}; by default of the one in its place")
    parser.add_argument("--dns", choices=KINDS, help="who has the DNS zone; by default as in the first environment")
    texts: dict[str, dict[str, None]] = {}
    for question in (*QUESTIONS, *(each for kind in KINDS.values() for each in kind.questions())):
        texts.setdefault(question.option, {})[question.text] = None
    for option, kinds in texts.items():  # kinds of DNS ask for other things by one option
        parser.add_argument(f"--{option}", metavar="VALUE", help="; ".join(kinds))
    parser.add_argument("--state-bucket", metavar="NAME", help="by default <project>-tfstate-<account>")
    parser.add_argument("--image-repository", metavar="NAME", help="in ECR; by default the project")
    parser.add_argument("--replace", action="store_true", help="also replace files that have no example left")
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: argparse.Namespace, directory: Path) -> int:
    present = dict(zip(loader.names(directory), loader.load(directory=directory).values(), strict=True))
    conversation = Conversation(arguments, directory, present)
    names = conversation.names()
    models = conversation.models(names)
    kind = conversation.kind(models)
    bases = {name: kind.of(environment) for name, environment in present.items()}
    answers = conversation.answers({name: bases[model] for name, model in models.items()}, kind)
    renamed = {model: name for name, model in models.items() if model not in names}
    texts: dict[str, str] = {}
    made: list[Environment] = []
    said: list[str] = []
    for name in names:
        old = bases[models[name]]
        file = directory / f"{old.name}.py"
        text = kind.rewrite(files.read(file), loader.shown(file), present[old.name])
        values = replace(_values(name, old, answers, conversation), renamed=renamed)
        derivation = Derivation(text, old, loader.shown(file), values, others=made, before=present.values())
        texts[f"{name}.py"] = derivation.make()
        made.append(place.read(directory, name, texts[f"{name}.py"]))
        origin = f"made from {old.name}.py" if old.name != name else "changed" if derivation.notes else "as it is"
        said.append(f"{loader.shown(directory / f'{name}.py')}: {origin}")
        if old is not present[old.name]:
            of_old = KINDS[kind_of(present[old.name])].title
            said.append(f"  dns: {kind.title}, in place of {of_old} with all that it had")
        said += [f"  {note}" for note in derivation.notes]
    removed = [f"{name}.py" for name in present if name not in names]
    said += [f"{loader.shown(directory / file_name)}: removed" for file_name in removed]
    package = files.read(directory / "__init__.py")
    changed = {**texts, "__init__.py": place.listing(package, names), **dict.fromkeys(removed)}
    place.check(directory, changed)
    print("\n".join(said))
    conversation.consent()
    files.put(directory, changed)
    print(_following(made))
    return 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a person says, by options or on a terminal."""

    arguments: argparse.Namespace
    directory: Path
    present: Mapping[str, Environment]

    @property
    def own(self) -> list[str]:
        """The environments that hold no example any more."""
        return [name for name, environment in self.present.items() if not any(examples(environment))]

    def given(self, option: str, names: Sequence[str], *, is_optional: bool = False) -> dict[str, str]:
        """The value of an option by environment. Raises Failure, with all problems of it.

        Empty is a value of what is optional.
        """
        text: str | None = getattr(self.arguments, option.replace("-", "_"))
        if text is None:
            return {}
        # A list has commas within the value of an environment as well.
        given = re.split(r"[,\s]+(?=[a-z0-9-]+=)", text.strip()) if option in _LISTS else split(text)
        parts = [part.partition("=")[::2] for part in given] if "=" in text else [(name, text) for name in names]
        found: dict[str, str] = {}
        wrong: dict[str, None] = {}
        for name, value in parts:
            if name not in names:
                wrong[f"--{option}: {show(name)} is none of the environments: use {', '.join(names)}"] = None
            elif name in found:
                wrong[f"--{option}: {name} is named twice: name it once"] = None
            elif not (value.strip() or is_optional):
                where = f" {name}" if "=" in text else ""
                wrong[f"--{option}{where}: is empty: give a value, or leave it out"] = None
            found[name] = value.strip()
        if wrong:
            raise Failure("\n".join(wrong))
        return found

    def names(self) -> tuple[str, ...]:
        """The environments, in the order of deployment."""
        default = ",".join(self.present)
        given = self.arguments.environments
        if given is None and sys.stdin.isatty():
            text = "Environments, in the order of deployment"
            given = ask(text, default, self._wrong_names)
        answer = default if given is None else given
        if (wrong := self._wrong_names(answer)) is not None:
            raise Failure(f"--environments: {wrong}")
        return split(answer)

    def _wrong_names(self, answer: str) -> str | None:
        names = split(answer)
        modules = {file.stem for file in self.directory.glob("*.py")} - self.present.keys()
        for name in names:
            if not NAME.fullmatch(name):
                return f"{show(name)} is no name: use 2 to 28 of a-z, 0-9 and single hyphens, a letter first"
            if name in RESERVED_NAMES:
                return f"{name} is a word of the workflows or of YAML: choose another name"
            if name in modules:
                return f"{name}.py is another file of {loader.shown(self.directory)}: choose another name"
            if names.count(name) > 1:
                return f"{name} is named twice: name it once"
        return None if names else "there is none: name one"

    def models(self, names: Sequence[str]) -> dict[str, str]:
        """From which present environment each is made. Raises Failure for a size that there is not."""
        given = self.given("size", names)
        if "=" not in (self.arguments.size or ""):  # one for all does not make another of what somebody has deployed
            given = {name: size for name, size in given.items() if name not in self.own}
        found = {}
        for index, name in enumerate(names):
            size = given.get(name)
            if size is None:
                size = self._default_size(name, index, names)
                if name not in self.present and sys.stdin.isatty():
                    text = f"{name}: size, {SMALL} or {PRODUCTION}, or as one of {', '.join(self.present)}"
                    size = ask(text, size, self._wrong_size)
            if (wrong := self._wrong_size(size)) is not None:
                raise Failure(f"--size: {wrong}")
            found[name] = self._model(size)
        return found

    def _default_size(self, name: str, index: int, names: Sequence[str]) -> str:
        if name in self.present:
            return name
        if len(names) == len(self.present):
            return [*self.present][index]
        return PRODUCTION if index == len(names) - 1 else SMALL

    def _model(self, size: str) -> str:
        if size in self.present:
            return size
        protected = [name for name, environment in self.present.items() if environment.protected]
        if size == PRODUCTION:
            return (protected or [*self.present])[-1]
        return next((name for name in self.present if name not in protected), next(iter(self.present)))

    def _wrong_size(self, size: str) -> str | None:
        known = (SMALL, PRODUCTION, *self.present)
        return None if size in known else f"{show(size)} is no size: use one of {', '.join(known)}"

    def kind(self, models: Mapping[str, str]) -> Kind:
        """The kind of DNS. Raises Failure for an option that it does not have, and for environments that need one."""
        default = kind_of(next(iter(self.present.values())))
        given = self.arguments.dns
        if given is None and sys.stdin.isatty():
            text = f"DNS: {', '.join(f'{name} ({kind.title})' for name, kind in KINDS.items())}"
            given = ask(text, default, lambda answer: None if answer in KINDS else f"use one of {', '.join(KINDS)}")
        kind = KINDS[given or default]
        protected = [name for name, model in models.items() if self.present[model].protected]
        if kind.inputs is NoDnsInputs and protected:
            sizes = ",".join(f"{name}={SMALL}" for name in protected)
            what = f"{', '.join(protected)} would be protected, and needs DNS"
            raise Failure(f"--dns: {what}: pass --size {sizes}, or another --dns")
        for name in {name for each in KINDS.values() for name in each.asked} - kind.asked.keys():
            if getattr(self.arguments, name) is not None:
                what = f"is not asked where DNS is {given or default}"
                raise Failure(f"--{name.replace('_', '-')}: {what}: remove it, or choose another --dns")
        return kind

    def answers(self, bases: Mapping[str, Environment], kind: Kind) -> dict[str, dict[str, str]]:
        """What was answered for each environment, by the paths of the arguments. Raises Failure, with all problems.

        `bases` has the environment that each is made from.
        """
        answers: dict[str, dict[str, str]] = {name: {} for name in bases}
        optional = {question.option: question.is_optional for question in (*QUESTIONS, *kind.questions())}
        values, wrong = self._all_given({**optional, **dict.fromkeys(_UNASKED, False)}, [*bases])
        asked = {name: (*QUESTIONS, *kind.questions(base.dns_field)) for name, base in bases.items()}
        # What is wrong with the others is reported.
        for questions in (each for each in zip(*asked.values(), strict=True) if each[0].option in values):
            option = questions[0].option
            given = values[option]
            missing = []
            last: str | None = None
            for question, (name, base) in zip(questions, bases.items(), strict=True):
                default = question.present(base)
                follows = default is not None and question.path.endswith((".record_name", ".hostname"))
                if default is not None and follows:
                    default = with_name(default, base.name, name)
                if name not in given and sys.stdin.isatty():
                    given[name] = self._asked(question, name, default, last, base)
                answer = last = given.get(name, default)
                if not answer and not question.may_be_empty(base):
                    missing.append(name)
                elif answer and (problem := question.problem(answer, base)) is not None:
                    wrong.append(f"--{option} {name}: {problem}")
                elif answer and not (follows and answer == default):  # unless another environment has it
                    answers[name][question.path] = answer
            if missing:
                which = "" if len(missing) == len(bases) else f" {','.join(f'{name}=…' for name in missing)}"
                wrong.append(f"--{option}{which}: is missing: give the {questions[0].text.removeprefix('its ')}")
        if wrong:
            raise Failure("\n".join(dict.fromkeys(wrong)))
        return answers

    def _all_given(
        self, options: Mapping[str, bool], names: Sequence[str]
    ) -> tuple[dict[str, dict[str, str]], list[str]]:
        """The values of these options, each of which is optional or not, and all problems of the others."""
        values: dict[str, dict[str, str]] = {}
        wrong: list[str] = []
        for option, is_optional in options.items():
            try:
                values[option] = self.given(option, names, is_optional=is_optional)
            except Failure as error:
                wrong += str(error).splitlines()
        if wrong and sys.stdin.isatty():  # before a person has answered all that is asked
            raise Failure("\n".join(wrong))
        return values, wrong

    @staticmethod
    def _asked(question: Question, name: str, default: str | None, last: str | None, base: Environment) -> str:
        if not question.is_asked_for_each and last is not None:
            return last
        text = question.text[0].upper() + question.text[1:]
        if question.is_asked_for_each:
            text = f"{name}: {question.text}"
        default = default if default is not None else "" if question.may_be_empty(base) else last
        text += "" if default != "" else " (none if empty)"
        return ask(text, default, lambda answer: question.problem(answer, base))

    def consent(self) -> None:
        """Raise Failure unless the files may be written, and those that hold no example be replaced."""
        own, is_terminal = self.own, sys.stdin.isatty()
        if own and not self.arguments.replace and not is_terminal:
            lines = (f"{loader.shown(self.directory / f'{name}.py')}: has no example left" for name in own)
            raise Failure("\n".join(f"{text}: pass --replace to write another in its place" for text in lines))
        if own and not self.arguments.replace:
            print(f"{', '.join(own)}: no example is left there, and what was deployed by that name keeps it.")
        elif self.arguments.yes:
            return
        if not is_terminal:
            raise Failure("init: there is no terminal to ask for consent: pass --yes")
        print("Write these files? Type yes: ", end="", flush=True)
        if sys.stdin.readline().strip() != "yes":
            raise Failure("init: not confirmed: nothing was changed")


def _values(
    name: str, old: Environment, answers: Mapping[str, Mapping[str, str]], conversation: Conversation
) -> Values:
    given = dict(answers[name])
    project, account = given.pop("project"), given.pop("account_id")
    names = [*answers]
    bucket = conversation.given("state-bucket", names).get(name)
    if bucket is None and isinstance(old.state, S3State) and isinstance(old.state.bucket, Example):
        bucket = f"{project}-tfstate-{account}"
    repository = conversation.given("image-repository", names).get(name)
    if repository is None and isinstance(old.django_service.ecr_repository_url, Example):
        repository = project
    return Values(
        name=name,
        project=project,
        account_id=account,
        region=given.pop("region"),
        github=given.pop(f"{GITHUB}.repository", None),
        emails=split(given.pop(EMAILS, "")),
        bucket=bucket,
        repository=repository,
        arguments=given,
    )


def _following(environments: Sequence[Environment]) -> str:
    first = environments[0].name
    regions = dict.fromkeys(environment.region for environment in environments)
    return "\n".join(
        (
            "Next:",
            *(f"  make prices REGION={region}" for region in regions if PriceList.of(region) is None),
            "  make snapshots",
            "  make synth && make lint && make test",
            f"  make plan ENV={first} ARGS=--offline",
            f"  make cost ENV={first}",
            f"  make doctor ENV={first}",
            f"  make bootstrap ENV={first}",
        )
    )
