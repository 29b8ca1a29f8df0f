"""One spelling for each value.

Everything is stored in it and every filter is brought into it, so that `sp`, `SP` and ` sp ` are the same state in a
plain equality, which any index answers, on PostgreSQL and on SQLite alike.
"""

import re
import unicodedata
from functools import lru_cache

LEVELS = {
    "jr": "junior",
    "mid": "pleno",
    "mid_level": "pleno",
    "pl": "pleno",
    "sr": "senior",
    "specialist": "especialista",
}
WORK_MODELS = {
    "remote": "remoto",
    "hybrid": "hibrido",
    "onsite": "presencial",
    "on_site": "presencial",
    "office": "presencial",
}
COUNTRIES = {"br": "Brazil", "bra": "Brazil", "brasil": "Brazil"}
CURRENCIES = {"R$": "BRL", "US$": "USD", "€": "EUR", "£": "GBP"}
# A million rows have some hundred different values.
_remembered = lru_cache(maxsize=4096)
_PARTICLES = frozenset({"da", "das", "de", "do", "dos", "e", "of", "the", "and"})


def text(value: str) -> str:
    """Without space at the ends and runs of it, and with each letter in one form (é is one character, not two)."""
    return " ".join(unicodedata.normalize("NFKC", value).split())


@_remembered
def slug(value: str) -> str:
    """`Engenheiro de Dados` → `engenheiro_de_dados`"""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9+#.]+", "_", plain).strip("_")


@_remembered
def title(value: str) -> str:
    """`são josé DOS campos` → `São José dos Campos`"""
    words = text(value).lower().split()
    return " ".join(
        word if position and word in _PARTICLES else word[:1].title() + word[1:] for position, word in enumerate(words)
    )


@_remembered
def level(value: str) -> str:
    return LEVELS.get(slug(value), slug(value))


@_remembered
def work_model(value: str) -> str:
    return WORK_MODELS.get(slug(value), slug(value))


@_remembered
def state(value: str) -> str:
    """A code in capitals, a name like a name: `sp` → `SP`, `REMOTE` → `Remote`"""
    code = text(value).upper()
    return code if len(code) <= 3 else title(value)


@_remembered
def country(value: str) -> str:
    return COUNTRIES.get(text(value).lower()) or state(value)


@_remembered
def currency(value: str) -> str:
    value = text(value).upper()
    return CURRENCIES.get(value, value)
