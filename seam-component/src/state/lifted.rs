//! The functions of running components, and the instances that calls of them enter, as data.

use std::sync::Arc;

use seam_core::NumericFunc;
use smallvec::SmallVec;

use super::pending_call::HostFunc;
use crate::abi::Options;
use seam_decode::types::FuncTy;

/// A function of a running component.
#[derive(Clone, Debug)]
pub(crate) enum FuncInst {
    Lifted(Arc<Lifted>),
    Host(HostFunc),
}

/// The instances that a call enters: the callee and its ancestors, without the caller and its
/// ancestors.
///
/// Instances never move, so the set is computed once for all calls of a function.
#[derive(Clone, Debug)]
pub(crate) struct Entering(pub(super) SmallVec<[u32; 4]>);

/// A core function that a component lifts.
#[derive(Debug)]
pub(crate) struct Lifted {
    pub(crate) core: NumericFunc,
    pub(crate) ty: Arc<FuncTy>,
    pub(crate) opts: Options,
    pub(crate) post_return: Option<NumericFunc>,
    /// The function that is called with each event, if it is lifted with a callback.
    pub(crate) callback: Option<NumericFunc>,
    /// Whether it is lifted with the `async` option.
    pub(crate) is_async: bool,
    /// Whether calls are tasks: the artifact has asynchronous parts.
    pub(crate) concurrent: bool,
    /// The instances that a call from the host enters.
    pub(crate) entering: Entering,
    pub(crate) shape: Shape,
}

/// How simply values can be passed to and from a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Whether calls need no memory: parameters and result are scalars, and nothing follows the
    /// call.
    pub(crate) direct: bool,
    /// Whether parameters and result are scalars, strings and lists of numbers.
    pub(crate) plain: bool,
}

impl FuncInst {
    /// Returns the type of the function.
    pub(crate) fn ty(&self) -> &Arc<FuncTy> {
        match self {
            FuncInst::Lifted(lifted) => &lifted.ty,
            FuncInst::Host(HostFunc { ty, .. }) => ty,
        }
    }
}

impl Lifted {
    /// `task.needs_exclusive()`: whether only one task of the instance may be in such a function at
    /// a time.
    pub(crate) fn needs_exclusive(&self) -> bool {
        self.ty.is_async && (!self.is_async || self.callback.is_some())
    }
}
