"""How commands behave: what a user can put right is told in one line, and words after `--` are handed on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# what a user can put right
USER_ERRORS = (ValueError, OSError)
USER_ERROR_NAMES = ("NotFinished", "NotebookFailed", "PipelineBusy", "PipelineFailed")
(UsageError,) = typer.BadParameter.__bases__  # typer exports its kinds only


class Once(TyperGroup):
    """Commands that take each option once: of two values the first would be lost without a word."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command and its words; raises ValueError for an option that is given twice."""
        name, command, words = super().resolve_command(ctx, args)
        parser = command.make_parser(ctx)
        parser.allow_interspersed_args = command.allow_interspersed_args  # not those of this group
        try:
            given = parser.parse_args(list(words))[2]
        except UsageError:  # the command itself will tell it
            return name, command, words
        for option in given:
            has_value = not getattr(option, "is_flag", False) and not getattr(option, "multiple", True)
            if has_value and given.count(option) > 1:
                raise ValueError(f"option {option.opts[0]} is given {given.count(option)} times: give it once")
        return name, command, words


class Commands(Once):
    """Commands whose errors are told in one clear line, with exit code 2."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options in front of a command; one that is not known ends it in one line."""
        with _told_in_one_line(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; words it does not take, a ValueError, OSError or error of a station end it in one line."""
        with _told_in_one_line(ctx), _started_here():
            return super().invoke(ctx)


@contextmanager
def _told_in_one_line(ctx: Any) -> Iterator[None]:
    """What a user can put right ends the process with one line and exit code 2; anything else keeps its traceback."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on from here", err=True)
        sys.exit(130)
    except Exception as error:
        misused = isinstance(error, UsageError) and type(error).__name__ != "NoArgsIsHelpError"
        if not misused and not _is_users(error):
            raise
        typer.echo(f"error: {_misused(error, ctx) if misused else error}", err=True)
        sys.exit(2)


def _is_users(error: Exception) -> bool:
    """Whether a user can put it right; pathlib calls a link that leads to itself a RuntimeError (until Python 3.12)."""
    named = isinstance(error, USER_ERRORS) or type(error).__name__ in USER_ERROR_NAMES
    return named or (isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"))


def _misused(error: Any, ctx: Any) -> str:
    """What is wrong with the words of a command in one line: the option, the rule, the value, where help is."""
    message = error.format_message().rstrip(".")
    faults = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    got = f"; got {str(faults[0]['input'])[:80]!r}" if faults else ""
    return f"{message}{got} ({(error.ctx or ctx).command_path} --help)"


class PassesOn(TyperCommand):
    """A command that hands the words after `--` on; an unknown word before it is an error, not one to hand on."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command's own options; `ctx.args` holds what follows `--`."""
        given, rest = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        super().parse_args(ctx, given)
        if ctx.args and not ctx.resilient_parsing:
            raise ValueError(_forgotten(ctx.command_path, ctx.args))
        ctx.args = rest
        return ctx.args


def _forgotten(command: str, words: list[str]) -> str:
    """What to say about words that a command does not know, with the nearest command that is right."""
    from scalescope.errors import nearest
    from scalescope.experiment.profile import available_profiles

    word, known = words[0], available_profiles()
    own = get_close_matches(word.partition("=")[0], ("--profile", "--data", "--jobs", "--executor"), n=1, cutoff=0.75)
    if own:
        return f"unknown option {word}; did you mean {own[0]}?"
    if word.startswith("-"):
        return f"unknown option {word}; options of Snakemake stand after `--`: {command} -- {' '.join(words)}"
    if Path(word).is_dir():
        return f"unknown word {word!r}; a data folder is given as: {command} --data {word}"
    profile = word if word.endswith((".yaml", ".yml")) else nearest(word, known)
    return f"unknown word {word!r}; a profile is given as: {command} --profile {profile}"


@contextmanager
def _started_here() -> Iterator[None]:
    """Relative paths begin in this folder, in this process and in those that it starts (see paths.given)."""
    from scalescope import paths

    known = paths.START in os.environ
    os.environ.setdefault(paths.START, os.getcwd())
    try:
        if os.environ.get("SCALESCOPE_ROOT") and not paths.profile_file("x").parent.is_dir():
            raise ValueError(
                f"SCALESCOPE_ROOT is {os.environ['SCALESCOPE_ROOT']!r}, which holds no profiles/; "
                "name a checkout of the project, or unset it"
            )
        yield
    finally:
        if not known:
            del os.environ[paths.START]
