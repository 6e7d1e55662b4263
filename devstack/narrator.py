"""How the demo looks: scenes, calls and findings, line by line as they happen, also when piped."""

import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

INDENT = 3


class Narrator:
    """Prints the story and keeps its time."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console
        self._began = time.monotonic()
        self._scenes = 0

    @property
    def elapsed(self) -> float:
        """Return the seconds since the story began."""
        return time.monotonic() - self._began

    def title(self, text: str, subtitle: str) -> None:
        """Open the story."""
        self._console.print()
        self._console.print(Text(text, style="bold"))
        self._console.print(Text(subtitle, style="dim"))

    def scene(self, title: str, why: str) -> None:
        """Open a scene, and say what it shows."""
        self._scenes += 1
        self._console.print()
        self._console.print(Rule(Text(f"{self._scenes}  {title}", style="bold cyan"), align="left", characters="─"))
        self._line("", why, style="dim")

    def stage(self, text: str) -> None:
        """Tell that something began."""
        self._line(f"{self.elapsed:5.1f} s", text, style="dim")

    def call(self, method: str, path: str, answer: str, detail: str = "") -> None:
        """Show a call and what came back."""
        text = Text.assemble((f"{method} ", "bold"), path, ("  →  ", "dim"), (answer, "bold magenta"))
        if detail:
            text.append(f"  {detail}")
        self._line("", text)

    def finding(self, text: str) -> None:
        """Show what a step proved."""
        self._line(" ✔", Text(text, style="green"))

    def happening(self, who: str, text: str) -> None:
        """Show something that the router does by itself."""
        self._line(f"{self.elapsed:5.1f} s", Text.assemble((who, "yellow"), f"  {text}"))

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Show a table."""
        table = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self._console.print(Padding(table, (1, 0, 0, INDENT)))

    def end(self, text: str) -> None:
        """Close the story."""
        self._console.print()
        self._console.print(Text(f"{text} It took {self.elapsed:.1f} s.", style="bold green"))

    def failure(self, text: str) -> None:
        """Close the story where it went wrong."""
        self._console.print()
        self._console.print(Text(f" ✘ {text}", style="bold red"))

    def _line(self, margin: str, text: str | Text, *, style: str = "") -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=7, justify="right", style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(margin, text if isinstance(text, Text) else Text(text, style=style))
        self._console.print(grid)
