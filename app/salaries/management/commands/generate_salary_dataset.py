import csv
import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from salaries.files import Progress

HEADER = (
    "origem", "cargo", "seniority", "cidade", "uf", "pais", "moeda", "remote_type", "salary_min", "salary_max",
    "salary_total", "observed_at",
)  # fmt: skip
ROLES = {
    "Software Engineer": 150, "Data Engineer": 160, "Data Scientist": 158, "DevOps Engineer": 155,
    "Cloud Architect": 210, "Product Manager": 170, "Product Designer": 125, "QA Analyst": 95,
    "Security Engineer": 168, "Engenheiro de Machine Learning": 185,
}  # fmt: skip
LEVELS = {"Jr": 0.62, "mid": 1.0, "Sr": 1.42, "Specialist": 1.8}
PLACES = (
    ("São Paulo", "SP", 1.15), ("Campinas", "SP", 1.04), ("Rio de Janeiro", "RJ", 1.05), ("Niterói", "RJ", 0.97),
    ("Belo Horizonte", "MG", 0.96), ("Curitiba", "PR", 0.98), ("Florianópolis", "SC", 1.02),
    ("Porto Alegre", "RS", 0.95), ("Recife", "PE", 0.88), ("Fortaleza", "CE", 0.84), ("Brasília", "DF", 1.06),
    ("Salvador", "BA", 0.86), ("Goiânia", "GO", 0.87),
)  # fmt: skip
WORK_MODELS = {"remote": 1.05, "híbrido": 1.0, "Presencial": 0.95}
SOURCES = ("levels_fyi", "Glassdoor", "indeed", "Stack Overflow", "salary_transparente")


class Command(BaseCommand):
    help = "Write invented salaries, as untidy as real ones, to a CSV file; the same seed writes the same file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=600)
        parser.add_argument("--seed", type=int, default=2026)
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *_: Any, **options: Any) -> None:
        chance = random.Random(options["seed"])
        rows: int = options["rows"]
        output: Path = options["output"]
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("w", encoding="utf-8", newline="") as file, Progress(rows, "generate") as progress:
            writer = csv.writer(file, delimiter=";", lineterminator="\n")
            writer.writerow(HEADER)
            for done in range(rows):
                writer.writerow(_row(chance))
                progress.at(done + 1)
        self.stdout.write(f"{output}: {rows} rows of seed {options['seed']}")


def _row(chance: random.Random) -> list[str]:
    role, base = chance.choice(list(ROLES.items()))
    level, of_level = chance.choices(list(LEVELS.items()), weights=(30, 35, 27, 8))[0]
    city, state, of_place = chance.choice(PLACES)
    work_model, of_work_model = chance.choices(list(WORK_MODELS.items()), weights=(45, 35, 20))[0]
    abroad = chance.random() < 0.06
    low = base * 1000 * of_level * of_place * of_work_model * chance.uniform(0.82, 1.18) / (4.2 if abroad else 1)
    high = low * chance.uniform(1.12, 1.34)
    total = high * chance.uniform(1.0, 1.15)
    notation = chance.choice((_brazilian, _american, _plain))
    return [
        chance.choice(SOURCES),
        role if chance.random() < 0.8 else role.lower().replace(" ", "_"),
        level,
        city if chance.random() < 0.9 else city.upper(),
        state if chance.random() < 0.9 else state.lower(),
        chance.choice(("Brasil", "BR", "Brazil", "")),
        "USD" if abroad else "BRL",
        work_model,
        notation(low) if chance.random() < 0.95 else "",
        notation(high) if chance.random() < 0.95 else "",
        notation(total),
        f"{chance.randint(2023, 2025)}-{chance.randint(1, 12):02}-01" if chance.random() < 0.6 else "",
    ]


def _american(amount: float) -> str:
    return f"{amount:,.2f}"


def _brazilian(amount: float) -> str:
    return _american(amount).translate(str.maketrans(",.", ".,"))


def _plain(amount: float) -> str:
    return f"{amount:.0f}"
