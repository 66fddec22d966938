//! Reading and writing streams and futures from outside an instance.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::typed::{FutureEnd, Liftable, StreamEnd, Typed, list_into, list_of};
use crate::{Error, HostCall, Instance, List, Result, Sink, Source, Supply};

/// Elements on their way between a guest and the host.
#[derive(Default)]
struct Queue {
    lists: Vec<List>,
    /// How many more elements the reader wants.
    wanted: usize,
    /// Whether no more elements are written.
    ended: bool,
    /// Whether nobody reads any more.
    unread: bool,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Queue>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Supplies what a writer has written.
pub(crate) struct Written(Shared);

impl Source for Written {
    fn next(&mut self, _: &mut HostCall<'_>, _: usize) -> Result<Supply> {
        let mut queue = self.0.lock();
        Ok(match queue.lists.is_empty() {
            false => Supply::Elements(queue.lists.remove(0)),
            true if queue.ended => Supply::End,
            true => Supply::Pending,
        })
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.0.lock().unread = true;
    }
}

/// Keeps what a reader wants.
pub(crate) struct Wanted(Shared);

impl Sink for Wanted {
    fn room(&mut self) -> Option<usize> {
        let queue = self.0.lock();
        (!queue.unread).then_some(queue.wanted)
    }

    fn accept(&mut self, _: &mut HostCall<'_>, elements: List) -> Result<()> {
        let mut queue = self.0.lock();
        queue.wanted = queue.wanted.saturating_sub(elements.len());
        queue.lists.push(elements);
        Ok(())
    }

    fn end(&mut self, _: &mut HostCall<'_>) -> Result<()> {
        self.0.lock().ended = true;
        Ok(())
    }
}

/// The writable end of a stream that the host has created with
/// [`InstanceExt::stream`](crate::InstanceExt::stream) or
/// [`HostCall::stream_writer`].
///
/// What is written is kept until the guest reads it. Dropping the writer ends the stream.
pub struct StreamWriter<T> {
    shared: Shared,
    of: PhantomData<fn(T)>,
}

impl<T: Typed> StreamWriter<T> {
    /// Writes elements, numbers in bulk. Returns whether the guest may still read them: `false` if it has dropped the
    /// readable end.
    ///
    /// # Errors
    /// The errors of the Rust type.
    pub fn write(&mut self, elements: &[T]) -> Result<bool> {
        let list = list_of(elements)?;
        let mut queue = self.shared.lock();
        if !queue.unread && !list.is_empty() {
            queue.lists.push(list);
        }
        Ok(!queue.unread)
    }
}

impl<T> Drop for StreamWriter<T> {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
    }
}

/// The writable end of a future that the host has created with
/// [`InstanceExt::future`](crate::InstanceExt::future) or
/// [`HostCall::future_writer`].
///
/// If it is dropped without a value, a guest that reads the future gets the error `Host`.
pub struct FutureWriter<T>(StreamWriter<T>);

impl<T: Typed> FutureWriter<T> {
    /// Writes the value. Returns whether the guest may still read it.
    ///
    /// # Errors
    /// The errors of the Rust type.
    pub fn write(mut self, value: T) -> Result<bool> {
        self.0.write(std::slice::from_ref(&value))
    }
}

/// The readable end of a stream that a guest has passed to the host, connected by
/// [`InstanceExt::stream_reader`](crate::InstanceExt::stream_reader) or [`HostCall::stream_reader`].
///
/// The guest's writes wait until the host reads. After the reader was dropped, the guest's next write
/// learns that nobody reads.
pub struct StreamReader<T> {
    shared: Shared,
    of: PhantomData<fn() -> T>,
}

impl<T: Liftable> StreamReader<T> {
    /// Reads at least one and at most `max` elements. Returns no elements if the stream has ended.
    ///
    /// The guests run until they have written. Blocks the calling thread.
    ///
    /// # Errors
    /// Traps and limits of guests that run. `Misuse` for elements of another type, and if no guest can
    /// run that would write.
    pub fn read<I>(&mut self, instance: &mut I, max: usize) -> Result<Vec<T>>
    where
        I: Instance + ?Sized,
    {
        self.shared.lock().wanted = max;
        let list = self.wait(instance);
        self.shared.lock().wanted = 0;
        list?.map_or_else(|| Ok(Vec::new()), list_into)
    }

    /// Reads all elements until the stream ends. Blocks the calling thread.
    ///
    /// # Errors
    /// Those of [`StreamReader::read`].
    pub fn read_to_end<I>(&mut self, instance: &mut I) -> Result<Vec<T>>
    where
        I: Instance + ?Sized,
    {
        let mut all = Vec::new();
        loop {
            let mut elements = self.read(instance, usize::MAX)?;
            if elements.is_empty() {
                return Ok(all);
            }
            all.append(&mut elements);
        }
    }

    fn wait<I>(&self, instance: &mut I) -> Result<Option<List>>
    where
        I: Instance + ?Sized,
    {
        loop {
            {
                let mut queue = self.shared.lock();
                if !queue.lists.is_empty() {
                    return Ok(Some(queue.lists.remove(0)));
                }
                if queue.ended {
                    return Ok(None);
                }
            }
            if !instance.progress()? {
                return Err(Error::misuse(
                    "expected a guest that writes to the stream or future, found none that can run",
                ));
            }
        }
    }
}

impl<T> Drop for StreamReader<T> {
    fn drop(&mut self) {
        self.shared.lock().unread = true;
    }
}

/// The readable end of a future that a guest has passed to the host, connected by
/// [`InstanceExt::future_reader`](crate::InstanceExt::future_reader) or [`HostCall::future_reader`].
pub struct FutureReader<T>(StreamReader<T>);

impl<T: Liftable> FutureReader<T> {
    /// Reads the value. The guests run until they have written it. Blocks the calling thread.
    ///
    /// # Errors
    /// Those of [`StreamReader::read`].
    pub fn read<I>(mut self, instance: &mut I) -> Result<T>
    where
        I: Instance + ?Sized,
    {
        let value = self.0.read(instance, 1)?.pop();
        value.ok_or_else(|| Error::misuse("expected a future with a value, found one that ended"))
    }
}

impl HostCall<'_> {
    /// Creates a stream that a guest reads. Returns the writable end, and the readable end for a guest.
    pub fn stream_writer<T: Typed>(&mut self) -> (StreamWriter<T>, StreamEnd<T>) {
        let (writer, source) = stream();
        (writer, StreamEnd::of(self.stream(source)))
    }

    /// Creates a future that a guest reads. Returns the writable end, and the readable end for a guest.
    pub fn future_writer<T: Typed>(&mut self) -> (FutureWriter<T>, FutureEnd<T>) {
        let (writer, source) = future();
        (writer, FutureEnd::of(self.future(source)))
    }

    /// Connects the readable end of a stream, which a guest has passed, to a reader for use after this
    /// host function has returned.
    ///
    /// # Errors
    /// Those of [`HostCall::connect`].
    pub fn stream_reader<T: Liftable>(&mut self, end: &StreamEnd<T>) -> Result<StreamReader<T>> {
        let (reader, sink) = reader();
        self.connect(end, sink)?;
        Ok(reader)
    }

    /// Connects the readable end of a future, which a guest has passed, to a reader for use after this
    /// host function has returned.
    ///
    /// # Errors
    /// Those of [`HostCall::connect`].
    pub fn future_reader<T: Liftable>(&mut self, end: &FutureEnd<T>) -> Result<FutureReader<T>> {
        let (reader, sink) = future_reader();
        self.connect(end, sink)?;
        Ok(reader)
    }
}

/// Creates a writer, with the source of what it writes.
pub(crate) fn stream<T>() -> (StreamWriter<T>, Written) {
    let shared = Shared::default();
    let source = Written(shared.clone());
    let of = PhantomData;
    (StreamWriter { shared, of }, source)
}

/// Like [`stream`], for a future.
pub(crate) fn future<T>() -> (FutureWriter<T>, Written) {
    let (writer, source) = stream();
    (FutureWriter(writer), source)
}

/// Creates a reader, with the sink that keeps what it reads.
pub(crate) fn reader<T>() -> (StreamReader<T>, Wanted) {
    let shared = Shared::default();
    let sink = Wanted(shared.clone());
    let of = PhantomData;
    (StreamReader { shared, of }, sink)
}

/// Like [`reader`], for a future.
pub(crate) fn future_reader<T>() -> (FutureReader<T>, Wanted) {
    let (reader, sink) = reader();
    (FutureReader(reader), sink)
}
