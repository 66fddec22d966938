//! `error-code` of `wasi:filesystem/types`.

use std::io::{Error, ErrorKind};

use seam_core::Value;

macro_rules! codes {
    ($($case:ident = $name:literal,)*) => {
        /// The error codes that these file systems return.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code {
            $($case,)*
        }

        impl Code {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Code] = &[$(Code::$case,)*];

            /// Returns the name of the enum case.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Code::$case => $name,)* }
            }
        }
    };
}

codes! {
    Access = "access",
    BadDescriptor = "bad-descriptor",
    Busy = "busy",
    CrossDevice = "cross-device",
    Exist = "exist",
    FileTooLarge = "file-too-large",
    IllegalByteSequence = "illegal-byte-sequence",
    InsufficientMemory = "insufficient-memory",
    InsufficientSpace = "insufficient-space",
    Interrupted = "interrupted",
    Invalid = "invalid",
    Io = "io",
    IsDirectory = "is-directory",
    Loop = "loop",
    NameTooLong = "name-too-long",
    NoEntry = "no-entry",
    NotDirectory = "not-directory",
    NotEmpty = "not-empty",
    NotPermitted = "not-permitted",
    Overflow = "overflow",
    ReadOnly = "read-only",
    TextFileBusy = "text-file-busy",
    TooManyLinks = "too-many-links",
    Unsupported = "unsupported",
}

impl Code {
    /// Returns the error code as a value of the enum.
    pub(crate) fn value(self) -> Value {
        Value::enumeration(self.name())
    }
}

impl From<Error> for Code {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Code::NoEntry,
            ErrorKind::PermissionDenied => Code::Access,
            ErrorKind::AlreadyExists => Code::Exist,
            ErrorKind::InvalidInput => Code::Invalid,
            ErrorKind::NotADirectory => Code::NotDirectory,
            ErrorKind::IsADirectory => Code::IsDirectory,
            ErrorKind::DirectoryNotEmpty => Code::NotEmpty,
            ErrorKind::ReadOnlyFilesystem => Code::ReadOnly,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::InsufficientSpace,
            ErrorKind::FileTooLarge => Code::FileTooLarge,
            ErrorKind::ResourceBusy => Code::Busy,
            ErrorKind::ExecutableFileBusy => Code::TextFileBusy,
            ErrorKind::TooManyLinks => Code::TooManyLinks,
            ErrorKind::CrossesDevices => Code::CrossDevice,
            ErrorKind::Interrupted => Code::Interrupted,
            ErrorKind::OutOfMemory => Code::InsufficientMemory,
            ErrorKind::Unsupported => Code::Unsupported,
            _ => Code::Io,
        }
    }
}

/// Builds the result of a function that returns `result<T, error-code>`.
pub(crate) fn answer<T>(
    result: Result<T, Code>,
    ok: impl FnOnce(T) -> Option<Value>,
) -> seam_core::Result<Option<Value>> {
    Ok(Some(match result {
        Ok(value) => Value::ok(ok(value)),
        Err(code) => Value::err(Some(code.value())),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wit::Wit;
    use seam_core::Type;

    #[test]
    fn every_code_is_a_case_of_the_official_enum() {
        let mut interfaces = Wit::of_0_2().interfaces.iter();
        let types = interfaces.find(|i| i.name == "wasi:filesystem/types");
        let func = types.and_then(|i| i.funcs.iter().find(|(name, _)| name.ends_with(".sync")));
        let Some(Type::Result(result)) = func.and_then(|(_, ty)| ty.result.clone()) else {
            unreachable!("sync gives a result");
        };
        let Some(Type::Enum(cases)) = &result.err else {
            unreachable!("its error is an enum");
        };
        for code in Code::ALL {
            assert!(cases.iter().any(|case| **case == *code.name()), "{code:?}");
        }
    }
}
