"""Where a text gives a value to a name: assignments, options, headers, XML, pairs and connection strings.

Every notation begins at a word, each word is looked at once, and what follows it is read once or to a bound, so that
any text is read in linear time.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

Span = tuple[int, int]

_WORD = re.compile(r"[A-Za-z0-9_][\w.-]*")
_MARK = re.compile(r"(\\*)([\"'`])")
_INDEX = r"(?:\[[^\]\s]{0,64}\])?"

# NAME=value, name = "value", name: value, "name" => "value", name == "value"
_ASSIGNED = re.compile(rf"{_INDEX}\\*[\"'`]?(?P<before>[ \t]{{0,64}})(?P<sign>={{1,3}}>?|:=|:)(?P<after>\s{{0,64}})")
_LONGEST_SIGN = 8  # what may end a value and give another one to a name within it, as `dsn=https://x/token: y`
_CLOSE_SIGN = frozenset({"password", "passwd", "passphrase", "pwd", "passcode"})  # after which `:` needs no space
# {"name": "NAME", "value": "value"}, and the same as YAML, HCL or attributes of XML.
_VALUE_OF_PAIR = re.compile(
    r"\\*[\"'`]?\s{0,64}[,{]?\s{0,64}\\*[\"'`]?(?:value|parametervalue|default)\\*[\"'`]?\s{0,64}(?:=>?|:)\s{0,64}",
    re.IGNORECASE,
)
_NAME_OF_PAIR = re.compile(
    r"\\*[\"'`]?\s{0,64},?\s{0,64}\\*[\"'`]?(?:name|key|parameterkey)\\*[\"'`]?\s{0,64}(?:=>?|:)\s{0,64}"
    r"\\*[\"'`]?(?P<name>[\w.-]{1,256})",
    re.IGNORECASE,
)
_LONGEST_PAIR = 512  # how far a value that stands before its name is looked for
# ["name", "value"] and ("name", "value"), but no longer list.
_SECOND_OF_TWO = re.compile(r"(?P<quote>\\*[\"'])\s{0,64},\s{0,64}(?=(?:[bru]|\\*)[\"'])")
_FIRST_OF_TWO = re.compile(r"[\[(]\s{0,16}\\*[\"']$")
_ENDS_LIST = re.compile(r"\\*[\"']?\s{0,64}[\])]")
_OPTION_GAP = re.compile(r"[ \t]{1,64}(?!-)")
_OPENS = re.compile(r"<(?:[\w.-]{1,64}:)?$")
_OPENED = re.compile(r"(?:\s[^<>]{0,256})?>")
_CLOSER = re.compile(r"</(?:[\w.-]{1,64}:)?")
_SQL = re.compile(r"[ \t]{1,16}(?=')")
_NETRC = re.compile(r"[ \t]{1,16}(?=\S)")
_STARTS_LINE = re.compile(r"(?:^|\n)[ \t-]{0,64}$")
_LOGIN = re.compile(r"(?:login|user)[ \t]{1,16}\S{1,128}[ \t\n]{1,16}$", re.IGNORECASE)
_LINE_END = re.compile(r"\n|\\[rn]")
_LINE = re.compile(r"[^\s\"'`\[{|>#:][^\n\"'`#:]{0,512}(?=\n|$)")
_ITEM = re.compile(r"\s{0,256},?\s{0,256}(\\*)([\"'`])")
_HEREDOC = re.compile(r"<<[-~]?[\"']?(\w{1,64})[\"']?[ \t]{0,16}\n")
_BLOCK_SCALAR = re.compile(r"[|>][-+\d]{0,2}[ \t]{0,16}\n(?P<indent>[ \t]{1,64})")

# Headers of which all is secret, to the end of the line.
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})

# An unquoted value. A comma, a semicolon or an ampersand ends it where something else begins there.
_BARE = re.compile(r"(?:[^\s\"'`&,;<>\\]|[&,;](?!\s|$|[\w.-]{1,64}[=:])|\\(?![\"'`nrt]))+")
_PREFIX = re.compile(r"[brufBRUF]{1,2}(?=[\"'])")

# What stands in the place of a value, and is none.
_NO_VALUE = re.compile(
    r"\(sensitive(?: value)?\)(?![\w-])|\(known after apply\)|(?:null|nil|none|true|false|undefined)(?![\w.-])"
    r"|\$\{[^}\s]{0,256}\}(?=[\s\"',;)\]}]|$)|\*{3,}|<[a-z][\w -]{0,64}>|arn:",
    re.IGNORECASE,
)
_RULE = re.compile(r"\[(?:CKV2?_[A-Z]+_\d+|[a-z]+/[a-z-]+)\]")
_ERROR_CODE = re.compile(
    r"(?:[A-Z][A-Za-z0-9]{0,64}?(?:Exception|Error|Fault|Failure|Denied|NotFound|Expired|Unavailable|Throttled"
    r"|Throttling)|(?:[A-Z][a-z]{1,32}){2,8}(?=:\s))(?=[\s:.,;)\]]|$)"
)
_FIRST_WORDS = re.compile(r"[A-Za-z][a-z'-]*(?=[\s.,;:!?)]|$)(?:,?[ \t][A-Za-z]{1,16}(?=[\s.,;:!?)]|$)){0,5}")

# Words that begin what a person or a program says of a value.
_SAYS = """
    a an api creating deleting denied describing error expired failed importing invalid is it listing missing
    modifying no none not operation putting reading rejected required setting tagging the updating waiting
    accept add ask choose check create do export give keep leave let make move omit pass put remove rename
    replace rotate run see set sign store take try unset use wait write
"""
_SAYS_AT_ONCE = frozenset(_SAYS.split())
# Words of sentences. Passwords of words seldom have one.
_GRAMMAR = """
    a an and are as at be been but by can cannot could did do does for from had has have if in into is it its must no
    not of off on one or out should so than that the their them then there they this those to until was were what when
    where which who why will with without would you your
"""
_OF_SENTENCES = frozenset(_GRAMMAR.split())


def values(text: str, is_secret: Callable[[str], bool]) -> Iterator[tuple[str, Span]]:
    """Each name of a text for which `is_secret` holds, with where its value stands; a value may be part of another."""
    closers = [found.span() for found in _CLOSER.finditer(text)] if "</" in text else []
    end = 0  # of what was read as a value: names within it are part of it
    for word in _WORD.finditer(text):
        name = word[0].rpartition(".")[2]
        if not name or word.end() + _LONGEST_SIGN < end:
            continue
        if name.lower() in ("value", "parametervalue") and (pair := _pair_before_name(text, word.end(), is_secret)):
            yield pair
            continue
        if not is_secret(name):
            continue
        for span in _values_at(text, word, name, closers):
            yield name, span
            end = max(end, span[1])


def _values_at(text: str, word: re.Match[str], name: str, closers: list[Span]) -> Iterator[Span]:
    """Where the values of a name stand: by the first notation that there is one in."""
    before = text[max(0, word.start() - 66) : word.start()]
    if pair := _VALUE_OF_PAIR.match(text, word.end()):
        yield from _value(text, pair.end())
    elif (sign := _ASSIGNED.match(text, word.end())) and _assigns(name, sign, text):
        yield from _assigned(text, name, sign, before)
    elif before.endswith("-"):
        gap = _OPTION_GAP.match(text, word.end())
        if gap and not _is_prose(text, gap.end()):
            yield from _value(text, gap.end())
    elif _OPENS.search(before):
        yield from _element(text, word, closers)
    elif _FIRST_OF_TWO.search(before):
        yield from _second_of_two(text, word.end())
    elif name.lower() == "password":
        found = _SQL.match(text, word.end()) or (_LOGIN.search(before) and _NETRC.match(text, word.end()))
        if found:
            yield from _value(text, found.end())


def _assigned(text: str, name: str, sign: re.Match[str], before: str) -> Iterator[Span]:
    if "=" in sign["sign"]:
        yield from _value(text, sign.end())
    elif _is_prose(text, sign.end()):
        return
    elif name.lower() in _HEADERS:
        yield _rest_of_line(text, sign.end(), before)
    else:
        yield from _value(text, sign.end(), is_block="\n" in sign["after"])
        if _STARTS_LINE.search(before):
            yield from _plain_scalar(text, sign.end())


def _second_of_two(text: str, stop: int) -> Iterator[Span]:
    gap = _SECOND_OF_TWO.match(text, stop)
    span = next(_value(text, gap.end(), _LONGEST_PAIR), None) if gap else None
    if span and _ENDS_LIST.match(text, span[1]):
        yield span


def _assigns(name: str, sign: re.Match[str], text: str) -> bool:
    if sign["before"] and not sign["after"] and sign["sign"] == ":" and sign[0].startswith((" ", "\t")):
        return False  # a variable of psql, as in PASSWORD :'name'
    if sign["sign"] != ":" or sign["after"]:
        # `name =` at the end of a text assigns nothing.
        return sign.end() < len(text)
    if text[sign.start() - len(name) - 1 : sign.start() - len(name)] == ":":
        return False  # the field of a secret's ARN
    following = text[sign.end() : sign.end() + 1]
    if re.match(r"\\*[\"'\[{]", text[sign.end() : sign.end() + 8]) or sign[0].startswith(("\\", '"', "'")):
        return True
    return name.lower() in _CLOSE_SIGN and following not in (":", "/", "")


def _value(text: str, start: int, longest: int | None = None, *, is_block: bool = False) -> Iterator[Span]:
    """Where the value that begins there stands, without its quotes; each of a list.

    On a line of its own, only what is in quotes is one.
    """
    limit = len(text) if longest is None else min(len(text), start + longest)
    if prefix := _PREFIX.match(text, start):
        start = prefix.end()
    if mark := _MARK.match(text, start):
        yield (mark.end(), _closed(text, mark, limit))
    elif text.startswith("[", start):
        yield from _list(text, start + 1, limit)
    elif heredoc := _HEREDOC.match(text, start):
        close = text.find(heredoc[1], heredoc.end(), limit)
        yield heredoc.end(), limit if close < 0 else close
    elif block := _BLOCK_SCALAR.match(text, start):
        yield block.start("indent"), _block_end(text, block, limit)
    elif not is_block and not _NO_VALUE.match(text, start) and (bare := _BARE.match(text, start, limit)):
        end = bare.end()
        if bare[0].endswith("(") and (mark := _MARK.match(text, end)):
            end = _closed(text, mark, limit)
        if bare[0] not in ("{", "(", "|", ">", "="):
            yield bare.start(), end


def _closed(text: str, mark: re.Match[str], limit: int) -> int:
    """Where the quote ends that begins with the mark: at the same one, or at one that is escaped less often."""
    for other in _MARK.finditer(text, mark.end(), limit):
        if len(other[1]) < len(mark[1]) or other[0] == mark[0]:
            if other[2] == mark[2]:
                return other.start()
        elif other[2] == mark[2] and mark[1] == "" and len(other[1]) % 2 == 0:
            return other.start(2)
    return limit


def _plain_scalar(text: str, start: int) -> Iterator[Span]:
    """The rest of a line of YAML, where it is no sentence."""
    line = _LINE.match(text, start)
    if line and not _NO_VALUE.match(text, start) and _OF_SENTENCES.isdisjoint(re.findall(r"[a-z]+", line[0])):
        yield line.span()


def _list(text: str, start: int, limit: int) -> Iterator[Span]:
    while (item := _ITEM.match(text, start, limit)) and (mark := _MARK.match(text, item.start(1))):
        end = _closed(text, mark, limit)
        yield mark.end(), end
        start = min(limit, end + len(mark[0]))


def _block_end(text: str, block: re.Match[str], limit: int) -> int:
    end = block.end()
    while end < limit:
        line_end = text.find("\n", end, limit)
        if line_end < 0:
            return limit
        following = text[line_end + 1 : line_end + 1 + len(block["indent"])]
        if following.strip() and following != block["indent"]:
            return line_end
        end = line_end + 1
    return limit


def _rest_of_line(text: str, start: int, before: str) -> Span:
    """To the end of a line, or of the quotes in which the name and its value stand."""
    if opened := re.search(r"(\\*)([\"'`])$", before):
        mark = _MARK.match(opened[0])
        for other in _MARK.finditer(text, start):
            if mark and other[2] == mark[2] and len(other[1]) <= len(mark[1]):
                return start, other.start()
    if mark := _MARK.match(text, start):
        return mark.end(), _closed(text, mark, len(text))
    end = _LINE_END.search(text, start)
    return start, end.start() if end else len(text)


def _element(text: str, word: re.Match[str], closers: list[Span]) -> Iterator[Span]:
    """The text of an element of XML, where the next tag that closes one closes it."""
    opened = _OPENED.match(text, word.end())
    if opened and (index := bisect_left(closers, (opened.end(), 0))) < len(closers):
        end, after = closers[index]
        if text.startswith(word[0], after):
            yield opened.end(), end


def _pair_before_name(text: str, stop: int, is_secret: Callable[[str], bool]) -> tuple[str, Span] | None:
    """The value of `value: x` before `name: NAME`."""
    sign = _ASSIGNED.match(text, stop)
    span = next(_value(text, sign.end(), _LONGEST_PAIR), None) if sign else None
    name = _NAME_OF_PAIR.match(text, span[1]) if span else None
    return (name["name"], span) if name and span and is_secret(name["name"]) else None


def _is_prose(text: str, start: int) -> bool:
    """Whether a sentence, an error code or a rule of the gate begins there, in the place of a value."""
    if _RULE.match(text, start) or _ERROR_CODE.match(text, start):
        return True
    found = _FIRST_WORDS.match(text, start, start + 160)
    if not found:
        return False
    first, *others = re.findall(r"[A-Za-z'-]+", found[0].lower())
    return first in _SAYS_AT_ONCE or not _OF_SENTENCES.isdisjoint((first, *others))
