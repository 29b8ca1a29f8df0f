import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from salaries.views import ASSETS


class Command(BaseCommand):
    help = "Write the dashboard as files that any web server or bucket can serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output-dir", type=Path, default=Path("dist/dashboard"))
        parser.add_argument("--filename", default="index.html")
        parser.add_argument(
            "--api-url",
            default="/api/",
            help="where the API answers, such as https://api.example.com/api/; the API must allow the page's origin "
            "by CORS_ALLOWED_ORIGINS",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        api_url = options["api_url"].rstrip("/") + "/"
        parts = urlsplit(api_url)
        if not (parts.scheme in ("http", "https") and parts.netloc) and not api_url.startswith("/"):
            raise CommandError(f"--api-url {api_url} is no address: use https://host/api/ or /api/")
        if Path(options["filename"]).name != options["filename"]:
            raise CommandError(f"--filename {options['filename']} is a path: use --output-dir for the directory")
        output_dir: Path = options["output_dir"]
        output_dir.mkdir(parents=True, exist_ok=True)
        for name in ASSETS:
            source = finders.find(f"salaries/{name}")
            if source is None:
                raise CommandError(f"salaries/{name} is not among the static files")
            shutil.copyfile(source, output_dir / name)
        assets = {name.replace(".", "_"): name for name in ASSETS}
        # A bucket sends no header, so the page says itself what it may load, and from where.
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
        page = render_to_string("salaries/dashboard.html", {"api_url": api_url, "connect_src": origin, **assets})
        (output_dir / options["filename"]).write_text(page, encoding="utf-8")
        self.stdout.write(f"{output_dir / options['filename']}: asks {api_url}")
