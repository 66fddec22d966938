"""Which file of a Rust crate takes which names from which other file.

Reads source text, not compiler output: tokens, the tree of modules, `use` declarations and inline
paths. A name is followed through re-exports to the file that defines it. Methods are not seen,
since their receiver's type is not known here.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<block>/\*)
  | (?P<raw>(?:b|c)?r(?P<hashes>\#*)".*?"(?P=hashes))
  | (?P<text>(?:b|c)?"(?:\\.|[^"\\])*")
  | (?P<char>b?'(?:\\(?:x..|u\{[^}]*\}|.)|[^'\\])')
  | (?P<lifetime>'\w+)
  | (?P<word>(?:r\#)?[A-Za-z_]\w*)
  | (?P<number>\d\w*)
  | (?P<sign>::|=>|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
OPEN = {"(": ")", "[": "]", "{": "}"}
CLOSE = set(OPEN.values())
DEFINES = {"fn", "struct", "enum", "trait", "type", "const", "static", "union"}
NOT_A_NAME = DEFINES | {
    "as", "async", "await", "break", "continue", "dyn", "else", "extern", "false", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "Self",
    "true", "unsafe", "use", "where", "while", "_",
}  # fmt: skip


def tokens(text):
    """The tokens of `text`, without comments; a literal becomes an empty string token."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        at, kind = match.end(), match.lastgroup
        if kind == "block":
            at = after_block_comment(text, at)
        elif kind in ("text", "raw", "char"):
            found.append('"' + match.group().split('"')[1] if kind == "text" else '"')
        elif kind == "word":
            found.append(match.group().removeprefix("r#"))
        elif kind in ("number", "lifetime"):
            found.append("0")
        elif kind == "sign":
            found.append(match.group())
    return found


def after_block_comment(text, at):
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def is_word(token):
    return token[0].isalpha() or token[0] == "_"


@dataclass
class Use:
    """One leaf of a `use` declaration. `name` is `*` for a glob."""

    path: list
    name: str
    public: bool


@dataclass
class Definition:
    file: Path
    name: str


@dataclass
class Module:
    file: Path
    folder: Path  # where the files of its `mod name;` lie
    parent: "Module" = None
    children: dict = field(default_factory=dict)
    defined: dict = field(default_factory=dict)
    macros: dict = field(default_factory=dict)
    uses: list = field(default_factory=list)
    paths: list = field(default_factory=list)  # (segments, token after)

    def root(self):
        return self.parent.root() if self.parent else self

    def all(self):
        yield self
        for child in self.children.values():
            yield from child.all()


class Reader:
    """Reads the tokens of one file into a module and the modules inside it."""

    def __init__(self, module, text):
        self.list = tokens(text)
        self.read(module, 0, len(self.list))

    def get(self, at):
        return self.list[at] if 0 <= at < len(self.list) else ""

    def end_of(self, at):
        """The index after the bracket that closes the one at `at`."""
        depth = 0
        for i in range(at, len(self.list)):
            depth += (self.list[i] in OPEN) - (self.list[i] in CLOSE)
            if depth == 0:
                return i + 1
        return len(self.list)

    def read(self, module, at, end):
        depth, public, path_of_next = 0, False, None
        while at < end:
            token = self.list[at]
            if token == "#" and self.get(at + 1) in ("[", "!"):
                start = at + 1 + (self.get(at + 1) == "!")
                if self.get(start) != "[":
                    at += 1
                    continue
                at = self.end_of(start)
                attribute = self.list[start + 1 : at - 1]
                if only_for_tests(attribute):
                    at = self.after_item(at)
                elif attribute[:1] == ["path"]:
                    path_of_next = attribute[-1].strip('"')
                continue
            if token == "pub":
                public = True
                at = self.end_of(at + 1) if self.get(at + 1) == "(" else at + 1
                continue
            if token in OPEN:
                depth += 1
            elif token in CLOSE:
                depth -= 1
            elif token == "mod" and self.get(at + 2) in (";", "{"):
                at = self.read_mod(module, at, path_of_next)
                public, path_of_next = False, None
                continue
            elif token == "use" and self.get(at + 1) != "<":
                at = self.read_use(module, at + 1, [], public) + 1
                public = False
                continue
            elif token == "macro_rules" and self.get(at + 1) == "!":
                name = self.get(at + 2)
                module.macros[name] = Definition(module.file, name)
                at += 3
                continue
            elif token in DEFINES and is_word(self.get(at + 1) or "0"):
                name = self.get(at + 1)
                if depth == 0 and name not in NOT_A_NAME:
                    module.defined.setdefault(name, Definition(module.file, name))
                if name not in NOT_A_NAME:
                    at += 1
            elif is_word(token) and token not in NOT_A_NAME:
                at = self.read_path(module, at)
                public = False
                continue
            public = False
            at += 1

    def read_mod(self, module, at, path):
        name = self.get(at + 1)
        if self.get(at + 2) == "{":
            child = Module(module.file, module.folder / name, module)
            module.children[name] = child
            end = self.end_of(at + 2)
            self.read(child, at + 3, end - 1)
            return end
        flat, nested = module.folder / f"{name}.rs", module.folder / name / "mod.rs"
        file = module.file.parent / path if path else flat if flat.exists() else nested
        if not file.exists():
            raise SystemExit(f"{module.file}: no file for `mod {name};`")
        inside = file.parent if file.name == "mod.rs" else file.parent / file.stem
        module.children[name] = read_file(file, inside, module)
        return at + 3

    def read_use(self, module, at, prefix, public):
        """Reads one use tree that starts at `at`; gives the index of the token that ends it."""
        path = list(prefix)
        if self.get(at) == "::":  # a path of another crate
            path, at = ["::"], at + 1
        while True:
            token = self.get(at)
            if token == "{":
                end, at = self.end_of(at), at + 1
                while at < end - 1:
                    at = self.read_use(module, at, path, public)
                    at += self.get(at) == ","
                return end
            if token == "*":
                module.uses.append(Use(path, "*", public))
                return at + 1
            path = path if token == "self" and path else path + [token]
            if self.get(at + 1) == "::":
                at += 2
                continue
            name, at = path[-1], at + 1
            if self.get(at) == "as":
                name, at = self.get(at + 1), at + 2
            module.uses.append(Use(path, name, public))
            return at

    def read_path(self, module, at):
        before = self.get(at - 1)
        path = [self.get(at)]
        while self.get(at + 1) == "::" and is_word(self.get(at + 2) or "0"):
            path.append(self.get(at + 2))
            at += 2
        if before not in (".", "::"):
            module.paths.append((path, self.get(at + 1)))
        return at + 1

    def after_item(self, at):
        """The index after the item, field, arm or statement that starts at `at`."""
        while self.get(at) == "#" and self.get(at + 1) == "[":
            at = self.end_of(at + 1)
        to_semicolon = False
        while at < len(self.list):
            token = self.list[at]
            if token in CLOSE:
                return at
            if token in (";", ",") and not (token == "," and to_semicolon):
                return at + 1
            to_semicolon = to_semicolon or token in ("use", "const", "static", "type", "let")
            to_semicolon = to_semicolon and token != "fn"
            if token in OPEN:
                at = self.end_of(at)
                if token == "{" and not to_semicolon:
                    return at
                continue
            at += 1
        return at


def only_for_tests(attribute):
    if attribute[:2] != ["cfg", "("]:
        return False
    inside = attribute[2:-1]
    if inside[:2] == ["all", "("]:
        inside = inside[2:-1]
        return any(word in inside for word in ("test", "doctest")) and "not" not in inside
    return inside in (["test"], ["doctest"], ["doc"])


def read_file(file, folder, parent=None):
    module = Module(file, folder, parent)
    Reader(module, file.read_text(encoding="utf-8"))
    return module


class Resolver:
    """Follows paths through modules and re-exports to the definition of a name."""

    def __init__(self, root):
        self.macros = {}
        for module in root.all():
            self.macros.update(module.macros)

    def resolve(self, module, path, seen=frozenset()):
        """A `Definition` or a `Module`; `None` for what other crates define."""
        at, here = 0, module
        if path[0] == "crate":
            at, here = 1, module.root()
        else:
            while at < len(path) and path[at] in ("self", "super"):
                here = here.parent if path[at] == "super" else here
                at += 1
                if here is None:
                    return None
        explicit = at > 0
        for i in range(at, len(path)):
            found = self.look_up(here, path[i], i + 1 < len(path), seen)
            if isinstance(found, Module):
                here, explicit = found, True
            elif found:
                return found
            elif explicit:  # made by a macro, as far as can be seen from here
                known = self.macros.get(path[i])
                return known or Definition(here.file, path[i])
            else:
                return None
        return here

    def look_up(self, module, name, more, seen):
        key = (id(module), name, more)
        if key in seen:
            return None
        seen = seen | {key}
        if more and name in module.children:
            return module.children[name]
        for known in (module.defined, module.macros):
            if name in known:
                return known[name]
        for use in module.uses:
            if use.name == name:
                found = self.resolve(module, use.path, seen)
                if found and not (more and use.path == [name]):
                    return found
        if name in module.children:
            return module.children[name]
        for use in module.uses:
            if use.name == "*":
                found = self.through_glob(module, use, name, more, seen)
                if found:
                    return found
        return None

    def through_glob(self, module, use, name, more, seen):
        key = (id(module), id(use), name)
        if key in seen:
            return None
        source = self.resolve(module, use.path, seen | {key})
        if isinstance(source, Module) and source is not module:
            return self.look_up(source, name, more, seen | {key})
        return None


def imports(root):
    """`{(file, other file): {names}}` over all modules under `root`."""
    resolver, found = Resolver(root), {}

    def add(module, target):
        if isinstance(target, Definition) and target.file != module.file:
            found.setdefault((module.file, target.file), set()).add(target.name)

    for module in root.all():
        for use in module.uses:
            if not use.public and use.path[0] != "::":
                add(module, resolver.resolve(module, use.path))
        for path, after in module.paths:
            first = path[0]
            if len(path) > 1 or first in ("crate", "self", "super"):
                add(module, resolver.resolve(module, path))
            elif after == "!":
                add(module, resolver.resolve(module, path) or resolver.macros.get(first))
            elif first[0].isupper() or after == "(":
                add(module, resolver.resolve(module, path))
    return found
