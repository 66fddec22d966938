//! The traps that the canonical ABI requires.

use std::fmt;

macro_rules! canon_traps {
    ($( $(#[$doc:meta])* $name:ident = $text:literal $(| $alias:literal)* ,)*) => {
        /// A cause for which the canonical ABI requires a trap.
        ///
        /// Each variant stands for the `trap_if`s of the specification's reference interpreter
        /// ([`CanonicalABI.md`](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md))
        /// that an observer cannot distinguish. The documentation of each variant names the
        /// specification's function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum CanonTrap {
            $( $(#[$doc])* $name, )*
        }

        impl CanonTrap {
            /// Every cause, in the order of the specification's sections.
            pub const ALL: &'static [CanonTrap] = &[$( CanonTrap::$name, )*];

            /// The spellings of the cause. The first one is ours; the others are of the official
            /// suite and engines.
            fn texts(self) -> &'static [&'static str] {
                match self { $( CanonTrap::$name => &[$text $(, $alias)*], )* }
            }
        }
    };
}

canon_traps! {
    /// An instance was entered that must not be entered: by re-entry, or after a trap
    /// (`may_enter_from`).
    CannotEnter = "cannot enter component instance",
    /// An import or built-in was called while the instance must not be left, e.g. in `realloc` or
    /// post-return.
    CannotLeave = "cannot leave component instance",
    /// A handle index is zero, out of bounds of the table, or free (`Table.get`).
    UnknownHandle = "unknown handle index",
    /// A table element is not of the expected kind, e.g. a waitable where a resource handle is
    /// needed.
    WrongHandleKind = "handle index used with the wrong type" | "unexpected handle type",
    /// A handle is of another resource type (`h.rt is not t.rt`).
    WrongResourceType = "handle index used with the wrong resource type"
        | "found a different guest-defined resource",
    /// An owned handle was moved or dropped while it is lent (`h.num_lends != 0`).
    HandleLent = "cannot remove owned resource while borrowed",
    /// An `own` was lifted from a handle that is only borrowed (`not h.own`).
    NotOwned = "cannot lift own resource from a borrow",
    /// A call returned while it holds borrowed handles that it received (`task.num_borrows > 0`).
    BorrowsNotDropped = "borrow handles still remain at the end of the call",
    /// A handle table is full (`Table.MAX_LENGTH`).
    TableFull = "handle table is full" | "resource table has no free keys",
    /// A `char` is a surrogate or exceeds U+10FFFF (`convert_i32_to_char`).
    InvalidChar = "invalid `char` bit pattern" | "converted integer out of range for `char`",
    /// A discriminant of a variant, enum, option or result exceeds the last case (`load_variant`,
    /// `lift_flat_variant`).
    InvalidDiscriminant = "invalid variant discriminant" | "unexpected discriminant" | "discriminant out of range",
    /// A pointer from the guest is not aligned: of a string, list, parameter or return area, or
    /// from `realloc`.
    UnalignedPointer = "unaligned pointer" | "pointer not aligned" | "list pointer is not aligned"
        | "realloc return: result not aligned" | "return pointer not aligned",
    /// A string is out of bounds of its memory (`load_string_from_range`).
    StringOutOfBounds = "string content out-of-bounds" | "string pointer/length out of bounds of memory",
    /// A string has more bytes than the specification allows (`MAX_STRING_BYTE_LENGTH`).
    StringTooLong = "string exceeds the maximum byte length" | "string byte length exceeds maximum",
    /// The bytes of a string do not decode in its encoding.
    InvalidString = "invalid string encoding" | "invalid utf-8" | "invalid utf-16" | "unpaired surrogate"
        | "incomplete utf-8 byte sequence",
    /// A list is out of bounds of its memory (`load_list_from_range`).
    ListOutOfBounds = "list content out-of-bounds" | "list pointer/length out of bounds of memory",
    /// A list has more bytes than the specification allows (`MAX_LIST_BYTE_LENGTH`).
    ListTooLong = "list exceeds the maximum byte length" | "list byte length exceeds maximum",
    /// A parameter or return area is out of bounds of its memory (`lift_flat_values`,
    /// `lower_flat_values`).
    PointerOutOfBounds = "pointer out of bounds of memory" | "pointer out of bounds",
    /// `realloc` returned a pointer that is out of bounds of its memory.
    ReallocOutOfBounds = "realloc returned a pointer out of bounds" | "realloc return: beyond end of memory",
    /// `backpressure.inc` exceeded 2^16 - 1, or `backpressure.dec` went below 0.
    BackpressureOverflow = "backpressure counter overflow",
    /// A synchronous call would have to block before it has returned its result.
    CannotBlock = "cannot block a synchronous task before returning",
    /// An asynchronous export ended without returning its result.
    NoAsyncResult = "async-lifted export failed to produce a result",
    /// An event loop's callback returned an unknown code (`unpack_callback_result`).
    UnsupportedCallbackCode = "unsupported callback code",
    /// `task.return` or `task.cancel` was called after the task was resolved (`Task.return_`).
    AlreadyResolved = "`task.return` or `task.cancel` called more than once for current task",
    /// `task.return` has another result type or other options than the task's function, or the
    /// function is not lifted with `async` (`canon_task_return`, `canon_task_cancel`).
    WrongTaskReturn = "invalid `task.return` signature and/or options for current task",
    /// `task.cancel` was called by a task that nobody asked to end (`Task.cancel`).
    NotCancelled = "`task.cancel` called by task which has not been cancelled",
    /// A subtask was dropped before its end was delivered (`Subtask.drop`).
    SubtaskNotResolved = "cannot drop a subtask which has not yet resolved",
    /// `subtask.cancel` was called twice, or after the end of the subtask was delivered.
    CannotCancelSubtask = "`subtask.cancel` called after terminal status delivered"
        | "`subtask.cancel` called more than once",
    /// A waitable set was dropped that has elements or that a thread waits for
    /// (`WaitableSet.drop`).
    WaitableSetInUse = "cannot drop waitable set with waiters" | "cannot drop non-empty waitable set",
    /// A waitable that is in a waitable set was lifted or waited for, or one that a thread waits for was
    /// added to a set (`waitable.join`).
    InWaitableSet = "waitable cannot be used synchronously while added to a waitable set"
        | "cannot lift future while it's in a waitable set"
        | "cannot lift stream while it's in a waitable set",
    /// An end of a stream or future was lifted, dropped or used while it is copying.
    EndBusy = "cannot have concurrent operations active on a future/stream"
        | "cannot remove busy stream" | "cannot drop busy stream"
        | "cannot remove busy future" | "cannot drop busy future",
    /// An end of a stream or future was lifted or used although it can copy no more.
    EndDone = "cannot use a stream or future that can copy no more"
        | "cannot lift future after previous read succeeded"
        | "cannot lift stream after being notified that the writable end dropped"
        | "cannot read from future after previous read succeeded"
        | "cannot read from stream after being notified that the writable end dropped"
        | "cannot write to future after previous write succeeded"
        | "cannot write to stream after being notified that the readable end dropped",
    /// A copy was cancelled that is not in progress (`cancel_copy`).
    NotCopying = "cannot cancel a copy that is not in progress",
    /// A copy has more elements than the specification allows (`Buffer.MAX_LENGTH`).
    CopyTooLong = "a stream cannot copy as many elements at once"
        | "stream read/write count too large",
    /// The writable end of a future was dropped before a value was written.
    FutureNotWritten = "cannot drop future write end without first writing a value",
    /// An instance reads from and writes to the same stream or future, whose elements are not
    /// numbers. The specification does not allow this yet.
    IntraComponentCopy = "cannot read from and write to intra-component future"
        | "cannot read from and write to intra-component stream",
    /// A thread was resumed that is not suspended (`thread.resume-later`, `thread.*-then-resume`).
    ThreadNotSuspended = "cannot resume thread which is not suspended",
    /// The function of a new thread is missing or has another type (`thread.new-indirect`).
    WrongThreadFunc = "start function does not match expected type",
    /// No task can make progress any more.
    Deadlock = "deadlock detected: event loop cannot make further progress",
}

impl CanonTrap {
    /// Returns whether `text`, from an `assert_trap` of the official suite, names this cause.
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
            // The texts of these two causes start alike, with the index that was used in the
            // middle.
            CanonTrap::WrongResourceType => text.ends_with("a different guest-defined resource"),
            CanonTrap::WrongHandleKind => {
                text.starts_with("handle index ") && !CanonTrap::WrongResourceType.matches(text)
            }
            // If `realloc` returns a bad pointer for another guest's list, the suite blames the
            // list.
            // If threads of other instances are ready, the suite calls it a deadlock.
            CanonTrap::CannotBlock => CanonTrap::Deadlock.matches(text),
            CanonTrap::ReallocOutOfBounds => text == "list content out-of-bounds",
            _ => false,
        }
    }

    /// Returns the cause that a message of an engine or a suite names.
    ///
    /// If several spellings occur in it, the longest wins, because some spellings contain others.
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
    fn the_index_in_the_text_of_a_wrong_handle_is_ignored() {
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
