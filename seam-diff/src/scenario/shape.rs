//! Which keys a scenario file may have, with their types. The check of files and the JSON Schema both
//! come from here.

/// The version of the schema that this crate reads.
pub const SCHEMA: u32 = 1;

/// The keys of a table.
#[derive(Debug)]
pub(super) struct Shape {
    /// What the table is.
    pub(super) about: &'static str,
    pub(super) keys: &'static [Key],
    /// Sets of keys, of each of which exactly one must be there.
    pub(super) one_of: &'static [&'static [&'static str]],
    /// Keys that exclude each other.
    pub(super) at_most_one_of: &'static [&'static str],
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) required: bool,
    /// What it means.
    pub(super) about: &'static str,
}

/// The type of a value.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    /// An integer in this range.
    Count(i64, i64),
    /// `true`; `false` would say nothing.
    True,
    Flag,
    /// A list of strings.
    Texts,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A table with keys of the author's choice.
    Map(&'static Kind),
    Table(&'static Shape),
    /// An array of tables.
    Tables(&'static Shape),
    /// A string, or a table.
    TextOr(&'static Shape),
    /// A string, or an integer of at least 0.
    TextOrCount,
    /// A date and time, or a string.
    Time,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        about,
    }
}

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key {
        name,
        kind,
        required: true,
        about,
    }
}

const COUNT: Kind = Kind::Count(0, i64::MAX);

/// The words for what happens to an import that nothing defines.
const STUBS: Kind = Kind::Choice(&["deny", "trap", "default"]);

/// The words for limits.
pub(super) const LIMITS: &[&str] = &[
    "fuel",
    "deadline",
    "memory",
    "table-elements",
    "instances",
    "host-depth",
    "lifted",
    "output",
];

/// The whole file.
pub(super) static SCENARIO: Shape = Shape {
    about: "A scenario: artifacts, the world that they run in, the steps, and what is expected.",
    keys: &[
        required(
            "schema",
            Kind::Count(SCHEMA as i64, SCHEMA as i64),
            "The version of this schema.",
        ),
        key(
            "about",
            Kind::Text,
            "What the scenario shows, in a sentence.",
        ),
        required(
            "artifact",
            Kind::Tables(&ARTIFACT),
            "The artifacts. The golden is about the first; the others are compared with it as fusions of it.",
        ),
        key(
            "world",
            Kind::Table(&WORLD),
            "The world that the guest sees.",
        ),
        key("limits", Kind::Table(&LIMIT), "What an instance may use."),
        required(
            "step",
            Kind::Tables(&STEP),
            "The steps, which are performed in this order in one instance of each artifact.",
        ),
    ],
    one_of: &[],
    at_most_one_of: &[],
};

static ARTIFACT: Shape = Shape {
    about: "A core module or component.",
    keys: &[
        key(
            "file",
            Kind::Text,
            "Its file, in the binary or text format.",
        ),
        key(
            "compose",
            Kind::Texts,
            "The files of components to compose, in this order, instead of `file`.",
        ),
        key(
            "name",
            Kind::Text,
            "Its name in reports. The default is the name of the file.",
        ),
        key(
            "interface-of",
            Kind::Text,
            "The component that the core module was fused from: a file, or the `name` of an earlier artifact.",
        ),
        key(
            "bind",
            Kind::Map(&Kind::Table(&BINDING)),
            "What an export or import of a fused module uses, by its name, where that is not decided.",
        ),
        key(
            "core-types",
            Kind::Flag,
            "Whether a core module is called with its core types, although it carries component-level types.",
        ),
    ],
    one_of: &[&["file", "compose"]],
    at_most_one_of: &["interface-of", "core-types"],
};

static BINDING: Shape = Shape {
    about: "Exports of a fused module.",
    keys: &[
        key("func", Kind::Text, "The core function."),
        key("memory", Kind::Text, "The memory."),
        key("realloc", Kind::Text, "The allocator."),
        key("post-return", Kind::Text, "The post-return function."),
    ],
    one_of: &[],
    at_most_one_of: &[],
};

static WORLD: Shape = Shape {
    about: "The world that the guest sees, the same on every backend.",
    keys: &[
        key(
            "program",
            Kind::Text,
            "The guest's first argument. The default is the name of the first artifact.",
        ),
        key("args", Kind::Texts, "The arguments after it."),
        key("env", Kind::Map(&Kind::Text), "The environment variables."),
        key(
            "cwd",
            Kind::Text,
            "The initial working directory that the guest is told.",
        ),
        key(
            "stdin",
            Kind::TextOr(&CONTENT),
            "The content of standard input.",
        ),
        key(
            "files",
            Kind::Map(&Kind::TextOr(&FILE)),
            "Files in memory by their paths. A string is a file's text.",
        ),
        key(
            "read-only",
            Kind::Flag,
            "Whether the guest is refused changes to the files in memory.",
        ),
        key("seed", COUNT, "The seed of all random numbers."),
        key(
            "schedule-seed",
            COUNT,
            "The seed of the order in which tasks of asynchronous components run. The default is that the \
             longest wait comes first.",
        ),
        key(
            "wall-clock",
            Kind::Time,
            "The time of the wall clock. The default is 2000-01-01T00:00:00Z.",
        ),
        key(
            "monotonic-clock",
            COUNT,
            "The initial value of the monotonic clock, in nanoseconds.",
        ),
        key(
            "stub",
            STUBS,
            "The treatment of imports that nothing defines. The default is `deny`.",
        ),
        key(
            "stubs",
            Kind::Map(&STUBS),
            "The same for imports whose full names start with the key. The longest key decides.",
        ),
        key("func", Kind::Tables(&FUNC), "Canned host functions."),
    ],
    one_of: &[],
    at_most_one_of: &[],
};

static CONTENT: Shape = Shape {
    about: "Bytes.",
    keys: &[required("from", Kind::Text, "The file that contains them.")],
    one_of: &[],
    at_most_one_of: &[],
};

static FILE: Shape = Shape {
    about: "A file, folder or link of the guest.",
    keys: &[
        key("from", Kind::Text, "The file that contains its bytes."),
        key("folder", Kind::True, "An empty folder."),
        key("link", Kind::Text, "A symbolic link to this path."),
        key(
            "mount",
            Kind::Text,
            "A folder of the host, which the guest can only read.",
        ),
    ],
    one_of: &[&["from", "folder", "link", "mount"]],
    at_most_one_of: &[],
};

static FUNC: Shape = Shape {
    about: "A host function with a canned behaviour.",
    keys: &[
        required(
            "name",
            Kind::Text,
            "The import's full name, e.g. `ns:pkg/iface@1.0.0#f` or `env#f`.",
        ),
        key(
            "constant",
            Kind::Text,
            "Every call returns this value, in WAVE; `()` if there is no result.",
        ),
        key(
            "echo",
            Kind::Count(1, 1000),
            "Every call returns the argument at this position, from 1.",
        ),
        key(
            "sequence",
            Kind::Texts,
            "The calls return these values, in order. One call more ends with an error.",
        ),
        key("trap", Kind::Text, "Every call traps with this text."),
    ],
    one_of: &[&["constant", "echo", "sequence", "trap"]],
    at_most_one_of: &[],
};

pub(super) static LIMIT: Shape = Shape {
    about: "What an instance may use.",
    keys: &[
        key(
            "fuel",
            COUNT,
            "Fuel for the instance's whole life, in the engine's unit (about one instruction).",
        ),
        key(
            "deadline",
            Kind::Text,
            "Time for instantiation, and for each call, e.g. `5s`.",
        ),
        key(
            "memory",
            Kind::TextOrCount,
            "Bytes of all linear memories together, e.g. `64MiB`.",
        ),
        key("table-elements", COUNT, "Elements of all tables together."),
        key("instances", COUNT, "Core instances."),
        key(
            "host-depth",
            Kind::Count(0, u32::MAX as i64),
            "Host functions that run at the same time.",
        ),
        key(
            "lifted",
            Kind::TextOrCount,
            "Bytes that the values of a call may use on the host.",
        ),
        key("output", Kind::TextOrCount, "Bytes of captured output."),
    ],
    one_of: &[],
    at_most_one_of: &[],
};

static STEP: Shape = Shape {
    about: "A step, and what is expected of it.",
    keys: &[
        key(
            "invoke",
            Kind::Text,
            "A call with arguments in WAVE, e.g. `f(1, \"x\")`. `$c = f()` names the resource in the result.",
        ),
        key(
            "core",
            Kind::Text,
            "A call of an export of a core instance with core values, e.g. `add(1, 2)`.",
        ),
        key("run", Kind::True, "Runs the canonical entry."),
        key(
            "snapshot",
            Kind::Text,
            "Takes a snapshot of the exported globals whose names start with this; all if it is empty.",
        ),
        key(
            "drop",
            Kind::Text,
            "Drops the resource with this name, e.g. `$c`.",
        ),
        key(
            "at",
            Kind::Text,
            "The path of the core instance for `core`, e.g. `1/0`. The default is `0`.",
        ),
        key(
            "expect",
            Kind::Text,
            "The result in WAVE, `()` if there is none; for `core`, values with commas.",
        ),
        key("expect-trap", Kind::Text, "The trap, e.g. `unreachable`."),
        key(
            "expect-exit",
            Kind::Count(i32::MIN as i64, i32::MAX as i64),
            "The exit code.",
        ),
        key(
            "expect-limit",
            Kind::Choice(LIMITS),
            "The limit that ends the step.",
        ),
    ],
    one_of: &[&["invoke", "core", "run", "snapshot", "drop"]],
    at_most_one_of: &["expect", "expect-trap", "expect-exit", "expect-limit"],
};
