from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import catalogues


class Command(BaseCommand):
    help = "Update the translation catalogues from code and templates; --compile what Django reads, --check for gaps."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app", choices=catalogues.APPS, help="only this app")
        parser.add_argument("--compile", action="store_true", help="write the .mo files and nothing else")
        parser.add_argument("--check", action="store_true", help="list what is not translated; exits 1 if anything")

    def handle(self, *args: Any, **options: Any) -> None:
        apps = [options["app"]] if options["app"] else catalogues.APPS
        if options["compile"]:
            for app in apps:
                catalogues.compile_catalogue(app)
            return
        if not options["check"]:
            for app in apps:
                catalogues.update(app)
                catalogues.compile_catalogue(app)
        missing = [problem for app in apps for problem in catalogues.problems(app)]
        for problem in missing:
            self.stdout.write(problem)
        if options["check"] and missing:
            raise CommandError(f"{len(missing)} string(s) lack a translation.")
        self.stdout.write(f"{len(missing)} string(s) lack a translation." if missing else "All strings are translated.")
