"""As much of GraphQL as W&B's client writes: enough to answer with the fields it asks for.

A resolver's answer is a tree of dicts, lists and plain values; a field that takes arguments, or
costs something, is a function in the tree. A field that the tree lacks is an error that names it,
so that a new client which asks for more than the double knows is noticed.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(
    r'(?:[\s,]|#[^\n]*)*("(?:\\.|[^"\\])*"|\.\.\.|[A-Za-z_]\w*|-?\d[\d.]*|[{}()\[\]:=!$@])'
)
CONSTANTS = {"true": True, "false": False, "null": None}
# A fragment on one of these fits every type that has the interface.
INTERFACES = {"ArtifactCollection": ("ArtifactSequence", "ArtifactPortfolio")}


class QueryError(Exception):
    """What the client asked cannot be answered; the text goes to the client."""


@dataclass
class Variable:
    """A value that the client sends beside the query."""

    name: str


@dataclass
class Selection:
    """A field with its arguments, or a fragment (`name` is its type, `alias` is ...)."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    directives: dict[str, dict[str, Any]] = field(default_factory=dict)
    children: list["Selection"] = field(default_factory=list)


@dataclass
class Operation:
    """A parsed query: its name, what it selects, the defaults of its variables, its fragments."""

    name: str = "anonymous"
    selections: list[Selection] = field(default_factory=list)
    defaults: dict[str, Any] = field(default_factory=dict)
    fragments: dict[str, Selection] = field(default_factory=dict)


class Parser:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        self.position += 1
        return str(self.tokens[self.position - 1])

    def skip(self, token: str) -> bool:
        """Take a token if it comes next; says whether it did."""
        if found := self.peek() == token:
            self.position += 1
        return found

    def operation(self) -> Operation:
        made = Operation()
        while self.peek():
            if self.skip("fragment"):
                name, _, kind = self.take(), self.take(), self.take()  # NAME on TYPE
                made.fragments[name] = Selection(kind, "...", children=self.selections())
                continue
            if self.peek() != "{":
                self.take()  # query or mutation
                if self.peek() not in "({":
                    made.name = self.take()
                made.defaults = self.variable_defaults()
            made.selections = self.selections()
        return made

    def variable_defaults(self) -> dict[str, Any]:
        """Read ($a: Type! = 1, $b: [Type!]): only names and defaults matter here."""
        defaults: dict[str, Any] = {}
        name = ""
        if self.skip("("):
            while not self.skip(")"):
                if self.skip("$"):
                    name = self.take()
                elif self.skip("="):
                    defaults[name] = self.value()
                else:
                    self.take()
        return defaults

    def selections(self) -> list[Selection]:
        found = []
        self.expect("{")
        while not self.skip("}"):
            found.append(self.fragment() if self.skip("...") else self.field())
        return found

    def expect(self, token: str) -> None:
        if not self.skip(token):
            raise QueryError(f"the double expected {token!r}, got {self.peek()!r}")

    def fragment(self) -> Selection:
        if self.skip("on"):
            return Selection(self.take(), "...", {}, self.directives(), self.selections())
        return Selection(self.take(), "spread", directives=self.directives())

    def field(self) -> Selection:
        alias = name = self.take()
        if self.skip(":"):
            name = self.take()
        arguments, directives = self.arguments(), self.directives()
        children = self.selections() if self.peek() == "{" else []
        return Selection(name, alias, arguments, directives, children)

    def directives(self) -> dict[str, dict[str, Any]]:
        found = {}
        while self.skip("@"):
            name = self.take()
            found[name] = self.arguments()
        return found

    def arguments(self, end: str = ")") -> dict[str, Any]:
        found = {}
        if end == "}" or self.skip("("):
            while not self.skip(end):
                name = self.take()
                self.expect(":")
                found[name] = self.value()
        return found

    def value(self) -> Any:
        token = self.take()
        if token == "$":
            return Variable(self.take())
        if token == "{":
            return self.arguments("}")
        if token == "[":
            found = []
            while not self.skip("]"):
                found.append(self.value())
            return found
        if token in CONSTANTS:
            return CONSTANTS[token]
        return json.loads(token) if token[0] in '"-0123456789' else token
