//! Calls as text: `iface#f("x", [1, 2])`.

use std::fmt;

use seam_core::{Error, ExportName, FuncType, Interface, Value};

use crate::status::Failure;

/// A call, as the user wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    text: &'a str,
    name: ExportName,
    args: &'a str,
}

/// A call whose export is known and whose arguments have its types.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// The export's full name.
    pub(crate) name: ExportName,
    pub(crate) args: Vec<Value>,
}

impl<'a> Call<'a> {
    /// Takes a call apart.
    ///
    /// # Errors
    /// Text that is no name with arguments in parentheses.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::input(format!(
                "expected a call like `f(1, \"x\")`, found `{text}`"
            ))
        };
        let (name, rest) = text.trim().split_once('(').ok_or_else(wrong)?;
        let args = rest.strip_suffix(')').ok_or_else(wrong)?;
        let name = name.trim();
        if name.is_empty() {
            return Err(wrong());
        }
        // A core module may call an export anything.
        let name = name.parse().unwrap_or_else(|_| ExportName::root(name));
        Ok(Self { text, name, args })
    }

    /// Finds the export and reads the arguments by its type.
    ///
    /// # Errors
    /// An unknown or ambiguous export; an argument that is not of its type.
    pub(crate) fn resolve(&self, interface: &Interface) -> Result<Resolved<'a>, Failure> {
        let (name, ty) = self.export(interface)?;
        let args = ty
            .parse_args(self.args)
            .map_err(|error| error.during(format!("call {name}")))?;
        Ok(Resolved {
            text: self.text,
            name: name.clone(),
            args,
        })
    }

    /// The export by its full name, or by its item alone if one export only has that.
    fn export<'i>(
        &self,
        interface: &'i Interface,
    ) -> Result<(&'i ExportName, &'i FuncType), Failure> {
        let unknown = match interface.func(&self.name) {
            Ok((name, ty)) => return Ok((name, ty)),
            Err(error) => error,
        };
        if !self.name.instances().is_empty() {
            return Err(unknown.into());
        }
        let exports = interface.export_funcs().iter();
        let named: Vec<_> = exports
            .filter(|(name, _)| name.item() == self.name.item())
            .collect();
        match named.as_slice() {
            [] => Err(unknown.into()),
            [(name, ty)] => Ok((name, ty)),
            several => {
                let names: Vec<_> = several
                    .iter()
                    .map(|(name, _)| format!("`{name}`"))
                    .collect();
                Err(Error::misuse(format!(
                    "expected the full name of one export, found `{}`, which is {}",
                    self.name,
                    names.join(" or ")
                ))
                .into())
            }
        }
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}
