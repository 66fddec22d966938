//! Traps that the canonical ABI asks for.

use std::fmt;

macro_rules! canon_traps {
    ($( $(#[$doc:meta])* $name:ident = $text:literal $(| $alias:literal)* ,)*) => {
        /// A cause for which the canonical ABI demands a trap.
        ///
        /// Each variant stands for the `trap_if`s of the specification's reference interpreter
        /// ([`CanonicalABI.md`](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md))
        /// that an observer cannot tell apart; the function it stands in is named in the variant's
        /// documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum CanonTrap {
            $( $(#[$doc])* $name, )*
        }

        impl CanonTrap {
            /// Every cause, in the order of the specification's sections.
            pub const ALL: &'static [CanonTrap] = &[$( CanonTrap::$name, )*];

            /// The first text is ours; the others are spellings of the official suite and of
            /// engines.
            fn texts(self) -> &'static [&'static str] {
                match self { $( CanonTrap::$name => &[$text $(, $alias)*], )* }
            }
        }
    };
}

canon_traps! {
    /// Entering an instance that is not to be entered: re-entry, or after a trap
    /// (`may_enter_from`).
    CannotEnter = "cannot enter component instance",
    /// Calling an import or built-in where the instance may not be left, e.g. in `realloc` or
    /// post-return.
    CannotLeave = "cannot leave component instance",
    /// A handle index that is zero, past the end of the table, or free (`Table.get`).
    UnknownHandle = "unknown handle index",
    /// The table element is not of the expected kind, e.g. a waitable where a resource handle is
    /// needed.
    WrongHandleKind = "handle index used with the wrong type" | "unexpected handle type",
    /// The handle is of another resource type (`h.rt is not t.rt`).
    WrongResourceType = "handle index used with the wrong resource type"
        | "found a different guest-defined resource",
    /// Moving or dropping an owned handle while borrows of it are outstanding (`h.num_lends != 0`).
    HandleLent = "cannot remove owned resource while borrowed",
    /// Lifting an `own` from a handle that is only borrowed (`not h.own`).
    NotOwned = "cannot lift own resource from a borrow",
    /// A call returned while borrowed handles it received are still held (`task.num_borrows > 0`).
    BorrowsNotDropped = "borrow handles still remain at the end of the call",
    /// A handle table has no room left (`Table.MAX_LENGTH`).
    TableFull = "handle table is full" | "resource table has no free keys",
    /// A `char` that is a surrogate or past U+10FFFF (`convert_i32_to_char`).
    InvalidChar = "invalid `char` bit pattern" | "converted integer out of range for `char`",
    /// A variant, enum, option or result discriminant past the last case (`load_variant`,
    /// `lift_flat_variant`).
    InvalidDiscriminant = "invalid variant discriminant" | "unexpected discriminant" | "discriminant out of range",
    /// A pointer from the guest (string, list, parameter or return area, or a `realloc` result) is
    /// not aligned.
    UnalignedPointer = "unaligned pointer" | "pointer not aligned" | "list pointer is not aligned"
        | "realloc return: result not aligned" | "return pointer not aligned",
    /// A string reaches past the end of its memory (`load_string_from_range`).
    StringOutOfBounds = "string content out-of-bounds" | "string pointer/length out of bounds of memory",
    /// A string has more bytes than the specification allows (`MAX_STRING_BYTE_LENGTH`).
    StringTooLong = "string exceeds the maximum byte length" | "string byte length exceeds maximum",
    /// The bytes of a string do not decode in its encoding.
    InvalidString = "invalid string encoding" | "invalid utf-8" | "invalid utf-16" | "unpaired surrogate"
        | "incomplete utf-8 byte sequence",
    /// A list reaches past the end of its memory (`load_list_from_range`).
    ListOutOfBounds = "list content out-of-bounds" | "list pointer/length out of bounds of memory",
    /// A list has more bytes than the specification allows (`MAX_LIST_BYTE_LENGTH`).
    ListTooLong = "list exceeds the maximum byte length" | "list byte length exceeds maximum",
    /// A parameter or return area reaches past the end of its memory (`lift_flat_values`,
    /// `lower_flat_values`).
    PointerOutOfBounds = "pointer out of bounds of memory" | "pointer out of bounds",
    /// `realloc` returned a pointer past the end of its memory.
    ReallocOutOfBounds = "realloc returned a pointer out of bounds" | "realloc return: beyond end of memory",
    /// `backpressure.inc` past 2^16 - 1, or `backpressure.dec` below 0.
    BackpressureOverflow = "backpressure counter overflow",
    /// A synchronous call would have to block before it has returned its result.
    CannotBlock = "cannot block a synchronous task before returning",
    /// An asynchronous export ended without giving its result.
    NoAsyncResult = "async-lifted export failed to produce a result",
    /// No task can make progress any more.
    Deadlock = "deadlock detected: event loop cannot make further progress",
}

impl CanonTrap {
    /// Whether `text`, the expectation of an `assert_trap` of the official suite, names this cause.
    #[must_use]
    pub fn matches(self, text: &str) -> bool {
        let text = text.strip_prefix("wasm trap: ").unwrap_or(text);
        let texts = self.texts();
        if texts
            .iter()
            .any(|own| text.starts_with(own) || own.starts_with(text))
        {
            return true;
        }
        match self {
            // The texts of these two begin alike, with the index that was used in between.
            CanonTrap::WrongResourceType => text.ends_with("a different guest-defined resource"),
            CanonTrap::WrongHandleKind => {
                text.starts_with("handle index ") && !CanonTrap::WrongResourceType.matches(text)
            }
            // What `realloc` returns for another guest's list, the suite takes for the list's fault.
            CanonTrap::ReallocOutOfBounds => text == "list content out-of-bounds",
            _ => false,
        }
    }

    /// The cause that an engine's or a suite's message names. Of several spellings in it the
    /// longest counts: some are parts of others.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let spellings = Self::ALL
            .iter()
            .flat_map(|trap| trap.texts().iter().map(move |own| (*trap, *own)));
        let named = spellings.filter(|(_, own)| text.contains(own));
        named.max_by_key(|(_, own)| own.len()).map(|(trap, _)| trap)
    }
}

impl fmt::Display for CanonTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().first().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_found_by_its_own_text() {
        for trap in CanonTrap::ALL {
            assert!(trap.matches(&trap.to_string()));
            for text in trap.texts() {
                assert_eq!(CanonTrap::from_text(text), Some(*trap), "{text}");
            }
        }
    }

    #[test]
    fn an_index_in_the_text_of_a_wrong_handle_does_not_matter() {
        let resource = "handle index 1 used with the wrong type, expected guest-defined resource \
                        but found a different guest-defined resource";
        let kind = "handle index 7 used with the wrong type, expected guest-defined resource but \
                    found a stream";
        assert!(CanonTrap::WrongResourceType.matches(resource));
        assert!(!CanonTrap::WrongHandleKind.matches(resource));
        assert!(CanonTrap::WrongHandleKind.matches(kind));
        assert!(!CanonTrap::WrongResourceType.matches(kind));
    }
}
