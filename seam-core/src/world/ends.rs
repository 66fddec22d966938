//! The host's side of streams and futures: where elements come from, and where they go.

use crate::world::HostCall;
use crate::{Error, ExportName, Handle, List, Result, Value, contain_host, token};

/// Elements for the readable end of a stream or future, which a guest reads.
///
/// [`HostCall::stream`] and [`Instance::create_end`](crate::Instance::create_end) create such an end.
///
/// A closure is a source too: `|_, max| Ok(Supply::End)`.
pub trait Source: Send {
    /// Returns the next elements, of which the guest takes at most `max` now.
    ///
    /// It may return more than `max`: the rest is kept. `max` can be zero, if the guest asks only
    /// whether there are elements. `call` has the name of the host function that created the end, and
    /// no type.
    ///
    /// # Errors
    /// Any error, which ends the call of the guest that runs.
    fn next(&mut self, call: &mut HostCall<'_>, max: usize) -> Result<Supply>;
}

/// What a [`Source`] supplies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supply {
    /// Elements, at least one. An element of a stream without a type is an empty tuple.
    Elements(List),
    /// Nothing yet. The source is asked again when the guests wait for it and the host has done
    /// something in the meantime.
    Pending,
    /// The stream ends. A future cannot end before it had its value.
    End,
}

impl<F> Source for F
where
    F: FnMut(&mut HostCall<'_>, usize) -> Result<Supply> + Send,
{
    fn next(&mut self, call: &mut HostCall<'_>, max: usize) -> Result<Supply> {
        self(call, max)
    }
}

impl Source for Option<List> {
    fn next(&mut self, _: &mut HostCall<'_>, _: usize) -> Result<Supply> {
        Ok(match self.take() {
            Some(list) if !list.is_empty() => Supply::Elements(list),
            _ => Supply::End,
        })
    }
}

/// A receiver for the elements that a guest writes to a stream or future.
///
/// [`HostCall::connect`] and [`Instance::connect`](crate::Instance::connect) connect a readable end to
/// it.
pub trait Sink: Send {
    /// Returns how many elements the sink takes now, or `None` if it takes no more: then the readable
    /// end is dropped. If it returns 0, the guest's write waits. It is asked again when the guests wait
    /// and the host has done something in the meantime.
    ///
    /// The default takes all.
    fn room(&mut self) -> Option<usize> {
        Some(usize::MAX)
    }

    /// Takes elements: at least one, at most as many as [`Sink::room`] has returned.
    ///
    /// # Errors
    /// Any error, which ends the call of the guest that runs.
    fn accept(&mut self, call: &mut HostCall<'_>, elements: List) -> Result<()>;

    /// The last element was accepted: the guest has dropped the writable end, or the future has had its
    /// value.
    ///
    /// # Errors
    /// Any error, which ends the call of the guest that runs.
    fn end(&mut self, call: &mut HostCall<'_>) -> Result<()> {
        let _ = call;
        Ok(())
    }
}

/// # For implementors
/// A [`Source`], with the elements that it supplied and that no guest has taken.
pub struct HostSource {
    pub(super) source: Box<dyn Source>,
    pub(super) name: ExportName,
    /// Elements, and how many of them were taken.
    pub(super) kept: (List, usize),
    pub(super) ended: bool,
}

/// # For implementors
/// What a [`HostSource`] has for a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// So many elements, at least one.
    Elements(usize),
    /// Nothing yet.
    Pending,
    /// Nothing any more.
    End,
}

impl HostSource {
    fn new(name: ExportName, source: Box<dyn Source>) -> Self {
        Self {
            source,
            name,
            kept: (List::from(Vec::<Value>::new()), 0),
            ended: false,
        }
    }

    /// Takes the next `n` elements, which [`WorldState::supply`](crate::WorldState::supply) said there are.
    #[must_use]
    pub fn take(&mut self, n: usize) -> List {
        let (list, taken) = &mut self.kept;
        let (from, to) = (*taken, taken.saturating_add(n).min(list.len()));
        if from == 0 && to == list.len() {
            return std::mem::replace(list, List::from(Vec::<Value>::new()));
        }
        *taken = to;
        list.slice(from..to)
    }

    pub(super) fn kept(&self) -> usize {
        self.kept.0.len().saturating_sub(self.kept.1)
    }
}

/// # For implementors
/// A [`Sink`], with the name of the host function that connected it.
pub struct HostSink {
    pub(super) sink: Box<dyn Sink>,
    pub(super) name: ExportName,
}

impl std::fmt::Debug for HostSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.name.to_string();
        f.debug_struct("HostSource")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for HostSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.name.to_string();
        f.debug_struct("HostSink")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}

impl HostSink {
    /// Returns [`Sink::room`]. A panic of the sink is `Host`.
    ///
    /// # Errors
    /// `Host` if the sink panics.
    pub fn room(&mut self) -> Result<Option<usize>> {
        contain_host(|| Ok(self.sink.room()))
    }
}

/// The ends of one instance that host functions have created or connected.
pub(crate) struct Ends {
    /// The owner of the handles of the ends that the host has created.
    pub(super) owner: u64,
    /// The ends that the host has created and not passed yet.
    pub(super) created: Vec<(u32, HostSource)>,
    /// The number of ends that the host has created.
    count: u32,
    /// The readable ends to be connected.
    pub(super) connections: Vec<(Value, HostSink)>,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            owner: token(),
            created: Vec::new(),
            count: 0,
            connections: Vec::new(),
        }
    }
}

impl Ends {
    pub(crate) fn create(&mut self, name: &ExportName, source: Box<dyn Source>) -> Handle {
        let number = self.count;
        self.count = self.count.wrapping_add(1);
        self.created
            .push((number, HostSource::new(name.clone(), source)));
        Handle::new(self.owner, number, 0, number)
    }

    pub(crate) fn connect(
        &mut self,
        name: &ExportName,
        end: &Value,
        sink: Box<dyn Sink>,
    ) -> Result<()> {
        let (Value::Stream(handle) | Value::Future(handle)) = end else {
            return Err(Error::misuse(format!(
                "expected the end of a stream or future to connect, found {}",
                end.kind()
            )));
        };
        if handle.owner() == self.owner {
            return Err(Error::misuse(
                "expected an end that a guest has passed to connect, found one that the host has created",
            ));
        }
        let name = name.clone();
        self.connections
            .push((end.clone(), HostSink { sink, name }));
        Ok(())
    }
}

impl HostCall<'_> {
    /// Creates a stream that a guest reads and the host writes, and returns its readable end.
    ///
    /// Its elements must be of the type of the stream that it is passed as.
    pub fn stream(&mut self, source: impl Source + 'static) -> Value {
        Value::Stream(self.side.ends.create(self.name, Box::new(source)))
    }

    /// Creates a future that a guest reads, and returns its readable end. The source supplies one
    /// element: its value. A future without a type has an empty tuple.
    pub fn future(&mut self, source: impl Source + 'static) -> Value {
        Value::Future(self.side.ends.create(self.name, Box::new(source)))
    }

    /// Connects the readable end of a stream or future, which a guest has passed, to a sink. The end is a
    /// [`StreamEnd`](crate::typed::StreamEnd), a [`FutureEnd`](crate::typed::FutureEnd) or a [`Value`].
    ///
    /// The elements flow after this host function has returned. An end that is neither connected nor
    /// passed on is dropped with the instance only.
    ///
    /// # Errors
    /// `Misuse` for any other value. If the end was passed on or connected before, the call of the
    /// guest ends with `Misuse`.
    pub fn connect(&mut self, end: impl AsRef<Value>, sink: impl Sink + 'static) -> Result<()> {
        self.side
            .ends
            .connect(self.name, end.as_ref(), Box::new(sink))
    }
}
