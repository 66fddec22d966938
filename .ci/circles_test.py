"""Small made-up trees for `.ci/circles --self-test`: what counts as a circle and what does not."""

import tempfile
from pathlib import Path

# Name of the test: the files, then the circles that must be found, outermost folder first.
TREES = {
    "an import tree that is grouped, nested, renamed and spread over lines": (
        {
            "lib.rs": "mod a; mod b; mod c; mod d;",
            "a.rs": "use crate::{\n  b::{self, One as Uno},\n  c::Two,\n};\nuse super::d::*;\n"
            "pub struct Top; fn f(_: Uno, _: Two) { b::other(); Deep::new(); }",
            "b.rs": "use super::a::Top; pub struct One; pub fn other() {}",
            "c.rs": "pub struct Two; fn f() -> crate::a::Top { todo!() }",
            "d.rs": "pub struct Deep; fn f() { let x = crate::a::Top; }",
        },
        [".: a.rs b.rs c.rs d.rs"],
    ),
    "a name is followed through re-exports to the file that defines it": (
        {
            "lib.rs": "mod a; mod b; mod c; pub use c::Thing;",
            "a.rs": "pub struct A; fn f(_: crate::Thing) {}",
            "b.rs": "pub use crate::a::A; pub struct B;",
            "c.rs": "pub struct Thing; fn f(_: crate::b::A) {}",
        },
        [".: a.rs c.rs"],
    ),
    "a re-export that its own file uses as well counts": (
        {
            "lib.rs": "mod a; mod b;",
            "a.rs": "pub(crate) use crate::b::go; pub struct A; fn f() { go(); }",
            "b.rs": "pub(crate) fn go() { crate::a::A; }",
        },
        [".: a.rs b.rs"],
    ),
    "a folder and a file outside it; name.rs belongs to the folder": (
        {
            "lib.rs": "mod a; mod outside;",
            "a.rs": "pub mod inner; pub struct A;",
            "a/inner.rs": "fn f() { crate::outside::go() }",
            "outside.rs": "pub fn go() -> crate::a::A { loop {} }",
        },
        [".: a/ outside.rs"],
    ),
    "a circle between two folders, and one inside a folder": (
        {
            "lib.rs": "mod a; mod b;",
            "a/mod.rs": "pub mod x; pub mod y;",
            "a/x.rs": "use super::y::Y; pub struct X(Y);",
            "a/y.rs": "use super::x::X; pub struct Y(Box<X>); fn f() { crate::b::z::go(); }",
            "b/mod.rs": "pub mod z;",
            "b/z.rs": "pub fn go() { crate::a::x::X::new(); }",
        },
        [".: a/ b/", "a: x.rs y.rs"],
    ),
    "mod.rs and its own file": (
        {
            "lib.rs": "mod a;",
            "a/mod.rs": "mod x; pub struct A; fn f() { x::go() }",
            "a/x.rs": "use super::A; pub fn go() {}",
        },
        ["a: mod.rs x.rs"],
    ),
    "mod.rs and a folder beside it": (
        {
            "lib.rs": "mod a;",
            "a/mod.rs": "mod x; pub struct A; fn f() { x::y::go() }",
            "a/x/mod.rs": "pub mod y;",
            "a/x/y.rs": "use super::super::A; pub fn go() {}",
        },
        ["a: mod.rs x/"],
    ),
    "a macro's definition and its use": (
        {
            "lib.rs": "#[macro_use] mod a; mod b;",
            "a.rs": "macro_rules! make { ($x:ident) => { $crate::b::B::$x() } }",
            "b.rs": "pub struct B; fn f() { make!(x) }",
        },
        [".: a.rs b.rs"],
    ),
    "modules, re-exports, tests, comments, texts and other crates do not count": (
        {
            "lib.rs": "mod a; mod b; pub use a::A; pub use b::*;",
            "a.rs": "/// See [`crate::b::B`].\n// use crate::b::B;\n/* /* */ use crate::b::B; */\n"
            "use ::b::B as Other; use other::b::C;\n"
            'pub struct A; const X: &str = "crate::b::B"; const Y: &str = r#"use "crate::b::B""#;\n'
            "const Q: char = '\"'; const R: char = '\\''; fn l<'a>(x: &'a str) -> char { 'x' }\n"
            "#[cfg(test)]\nmod tests { use crate::b::B; fn f() { crate::b::go() } }\n"
            "#[cfg(test)]\nuse crate::b::B;\n#[cfg(all(test, unix))]\nfn g() { crate::b::go() }\n"
            "#[cfg(doc)]\nuse crate::b::B;",
            "b.rs": "use crate::a::A; pub struct B; pub fn go() {}",
        },
        [],
    ),
    "code after a test module counts": (
        {
            "lib.rs": "mod a; mod b;",
            "a.rs": "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nconst N: [u8; 2] = [1, 2];\n"
            "pub struct A { #[cfg(test)] x: u8, y: crate::b::B }",
            "b.rs": "use crate::a::A; pub struct B;",
        },
        [".: a.rs b.rs"],
    ),
    "an inline module belongs to its file, and methods are not names": (
        {
            "lib.rs": "mod a; mod b;",
            "a.rs": "pub mod deep { pub fn go() {} pub struct A; }",
            "b.rs": "use crate::a::deep; pub use crate::a::deep::go; fn f(b: B) { b.go(); deep::go() } pub struct B;",
        },
        [],
    ),
}

LIST = """# a comment
a: x.rs y.rs
    Both are recursive.
a: gone.rs lost.rs
    No longer there.
"""


def show(circle, root):
    return f"{circle.level.relative_to(root).as_posix()}: {' '.join(circle.members)}"


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(circles_of, judge, allowed):
    failed = 0
    for name, (files, expected) in TREES.items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write(root, files)
            found = [show(circle, root) for circle in circles_of(root)]
        if found != expected:
            failed += 1
            print(f"{name}:\n  expected {expected}\n  found    {found}")
    failed += judging(circles_of, judge, allowed)
    print(f"{len(TREES) + 1} tests of the check itself: {failed} failed")
    return 1 if failed else 0


def judging(circles_of, judge, allowed):
    """A circle with a folder is wrong, a listed one of files is not, a stale entry is."""
    files, _ = TREES["a circle between two folders, and one inside a folder"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, files)
        found = circles_of(root)
        for circle in found:
            circle.level = circle.level.relative_to(root)
        (root / "list").write_text(LIST, encoding="utf-8")
        wrong = judge(found, allowed(root / "list"))
    firsts = [text.splitlines()[0] for text in wrong]
    if firsts != ["a circle with a folder in it", "a listed circle that does not exist"]:
        print(f"judging: found {firsts}")
        return 1
    return 0
