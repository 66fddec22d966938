//! Streams and futures that the host reads or writes.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use seam_core::{Error, HostSink, HostSource, Ready, Result, Value, block_on};
use wasmtime::component::{
    Destination, FutureConsumer, FutureProducer, FutureReader, Source, StreamConsumer,
    StreamProducer, StreamReader, StreamResult, Val, VecBuffer,
};
use wasmtime::{AsContextMut, Store, StoreContextMut};

use crate::call;
use crate::component::held::{ElementType, HeldItem};
use crate::component::item::{self, with_item};
use crate::component::state::State;
use crate::component::waits::{self, Waits};
use crate::error::{Code, engine_error};

/// Creates the readable end of a stream whose elements come from a source.
///
/// # Errors
/// `Unsupported(ComponentAsync)` for elements that are too large. Those of the engine.
pub(crate) fn new_stream(
    store: &mut StoreContextMut<'_, State>,
    ty: &ElementType,
    source: HostSource,
) -> Result<Val> {
    let waits = store.data().waits.clone();
    with_item!(ty, {
        let producer = Producer::<Item>::new(ty, source, waits);
        StreamReader::new(&mut *store, producer)
            .and_then(|reader| reader.try_into_stream_any(&mut *store))
            .map(Val::Stream)
            .map_err(engine_error)
    })
}

/// Like [`new_stream`], for a future.
///
/// # Errors
/// Those of [`new_stream`].
pub(crate) fn new_future(
    store: &mut StoreContextMut<'_, State>,
    ty: &ElementType,
    source: HostSource,
) -> Result<Val> {
    let waits = store.data().waits.clone();
    with_item!(ty, {
        let producer = Producer::<Item>::new(ty, source, waits);
        FutureReader::new(&mut *store, producer)
            .and_then(|reader| reader.try_into_future_any(&mut *store))
            .map(Val::Future)
            .map_err(engine_error)
    })
}

/// Connects the ends that the host has connected, and tells sinks that they have ended.
///
/// # Errors
/// `Misuse` for an end that was passed on, dropped or connected before. Errors of sinks.
pub(crate) fn settle(store: &mut StoreContextMut<'_, State>) -> Result<()> {
    loop {
        let state = store.data_mut();
        if let Some(sink) = state.waits.next_ended() {
            state.world.end(sink)?;
        } else if let Some((end, sink)) = state.world.next_connection() {
            connect(store, &end, sink)?;
        } else {
            return Ok(());
        }
    }
}

fn connect(store: &mut StoreContextMut<'_, State>, end: &Value, mut sink: HostSink) -> Result<()> {
    if sink.room()?.is_none() {
        // A consumer of the engine cannot refuse the value of a future.
        store.data().waits.happened();
        return drop_end(store, end);
    }
    let state = store.data_mut();
    let waits = state.waits.clone();
    waits.happened();
    match take(state, end)? {
        (Val::Stream(end), ty) => with_item!(&ty, {
            let reader: StreamReader<Item> = end.try_into_stream_reader().map_err(engine_error)?;
            let consumer = Consumer::new(&ty, sink, waits);
            reader.pipe(&mut *store, consumer).map_err(engine_error)
        }),
        (Val::Future(end), ty) => with_item!(&ty, {
            let reader: FutureReader<Item> = end.try_into_future_reader().map_err(engine_error)?;
            let consumer = Consumer::new(&ty, sink, waits);
            reader.pipe(&mut *store, consumer).map_err(engine_error)
        }),
        _ => Err(no_end()),
    }
}

/// Drops a readable end that the host holds.
///
/// # Errors
/// `Misuse` for an end that was passed on, dropped or connected before.
pub(crate) fn drop_end(store: &mut StoreContextMut<'_, State>, end: &Value) -> Result<()> {
    match take(store.data_mut(), end)? {
        (Val::Stream(mut end), _) => end.close(&mut *store).map_err(engine_error),
        (Val::Future(mut end), _) => end.close(&mut *store).map_err(engine_error),
        _ => Err(no_end()),
    }
}

/// How often the virtual time may advance in [`run_what_waits`].
const MAX_ADVANCES: u32 = 100;

/// Runs what waits after its calls have ended, until it waits for the host or for nothing. Returns
/// whether elements were copied or an end was dropped.
///
/// # Errors
/// How the guests ended. Those of [`settle`].
pub(crate) fn run_what_waits(store: &mut Store<State>, code: &dyn Code) -> Result<bool> {
    let waits = store.data().waits.clone();
    let clock = store.data().world.clock().clone();
    let before = waits.events();
    waits.wake();
    let armed = call::begin(store)?;
    let bounds = call::bounds(store);
    let run = store.run_concurrent(async |_| std::future::pending::<()>().await);
    let outcome = block_on(call::bounded(bounds, async {
        let ran = waits::until_no_progress(&waits, &clock, MAX_ADVANCES, run).await;
        ran.unwrap_or(Ok(()))
    }));
    call::end(store, armed);
    outcome.map_err(|stop| stop.error(code))?;
    settle(&mut store.as_context_mut())?;
    Ok(waits.events() != before)
}

/// Takes a readable end that the host holds from its table.
fn take(state: &mut State, end: &Value) -> Result<(Val, ElementType)> {
    let (Value::Stream(handle) | Value::Future(handle)) = end else {
        return Err(Error::misuse(format!(
            "expected the end of a stream or future, found {}",
            end.kind()
        )));
    };
    match state.held.at(*handle)? {
        HeldItem::End(Val::Stream(_) | Val::Future(_), _) => {}
        _ => return Err(no_end()),
    }
    match state.held.take(*handle)? {
        HeldItem::End(val, ty) => Ok((val, ty)),
        HeldItem::Resource(..) => Err(no_end()),
    }
}

fn no_end() -> Error {
    Error::misuse("expected the end of a stream or future that the host holds")
}

fn failed(error: Error) -> wasmtime::Error {
    wasmtime::Error::new(error)
}

/// The writable end of a stream or future of the host.
struct Producer<I> {
    ty: ElementType,
    /// `None` after the producer was dropped.
    source: Option<HostSource>,
    waits: Waits,
    of: PhantomData<fn() -> I>,
}

impl<I: item::Item> Producer<I> {
    fn new(ty: &ElementType, source: HostSource, waits: Waits) -> Self {
        let of = PhantomData;
        Self {
            ty: ty.clone(),
            source: Some(source),
            waits,
            of,
        }
    }

    /// Takes up to `max` elements. Returns `None` if there are none any more.
    fn take(
        &mut self,
        cx: &Context<'_>,
        store: &mut StoreContextMut<'_, State>,
        max: usize,
    ) -> Poll<Result<Option<Vec<I>>>> {
        if let Err(error) = settle(store) {
            return Poll::Ready(Err(error));
        }
        let Some(source) = &mut self.source else {
            return Poll::Ready(Ok(None));
        };
        let state = store.data_mut();
        let taken = match state.world.supply(source, max) {
            Ok(Ready::Pending) => {
                state.waits.wait(cx.waker());
                return Poll::Pending;
            }
            Ok(Ready::End) => Ok(None),
            Ok(Ready::Elements(n)) => {
                state.waits.happened();
                let elements = source.take(n.min(max));
                I::of(store, self.ty.as_ref(), elements).map(Some)
            }
            Err(error) => Err(error),
        };
        Poll::Ready(taken)
    }
}

impl<I> Drop for Producer<I> {
    /// A source that is dropped can let others go on.
    fn drop(&mut self) {
        self.source = None;
        self.waits.happened();
    }
}

impl<I: item::Item> StreamProducer<State> for Producer<I> {
    type Item = I;
    type Buffer = VecBuffer<I>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, State>,
        mut destination: Destination<'a, I, VecBuffer<I>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // A sink of the host has no buffer of a certain size.
        let max = destination.remaining(&mut store).unwrap_or(usize::MAX);
        Poll::Ready(match self.take(cx, &mut store, max) {
            Poll::Pending if finish => Ok(StreamResult::Cancelled),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(Some(items))) => {
                destination.set_buffer(items.into());
                Ok(StreamResult::Completed)
            }
            Poll::Ready(Ok(None)) => Ok(StreamResult::Dropped),
            Poll::Ready(Err(error)) => Err(failed(error)),
        })
    }
}

impl<I: item::Item> FutureProducer<State> for Producer<I> {
    type Item = I;

    fn poll_produce(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, State>,
        finish: bool,
    ) -> Poll<wasmtime::Result<Option<I>>> {
        Poll::Ready(match self.take(cx, &mut store, 1) {
            Poll::Pending if finish => Ok(None),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(items)) => match items.and_then(|mut items| items.pop()) {
                Some(value) => Ok(Some(value)),
                None => Err(failed(Error::host(
                    "expected the source of a future to supply its value, found that it ended",
                ))),
            },
            Poll::Ready(Err(error)) => Err(failed(error)),
        })
    }
}

/// The readable end of a stream or future that a guest writes.
struct Consumer<I> {
    ty: ElementType,
    /// `None` if it takes no more.
    sink: Option<HostSink>,
    waits: Waits,
    of: PhantomData<fn() -> I>,
}

impl<I: item::Item> Consumer<I> {
    fn new(ty: &ElementType, sink: HostSink, waits: Waits) -> Self {
        let of = PhantomData;
        Self {
            ty: ty.clone(),
            sink: Some(sink),
            waits,
            of,
        }
    }

    /// Passes the elements that a guest writes to the sink, as far as it takes them.
    fn accept(
        &mut self,
        cx: &Context<'_>,
        store: &mut StoreContextMut<'_, State>,
        mut source: Source<'_, I>,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Some(sink) = &mut self.sink else {
            return Poll::Ready(Ok(StreamResult::Dropped));
        };
        let room = match sink.room() {
            Ok(Some(0)) => {
                self.waits.wait(cx.waker());
                return Poll::Pending;
            }
            Ok(Some(room)) => room,
            Ok(None) => {
                self.sink = None;
                return Poll::Ready(Ok(StreamResult::Dropped));
            }
            Err(error) => return Poll::Ready(Err(failed(error))),
        };
        let n = source.remaining(&mut *store).min(room);
        if n == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let mut items = Vec::with_capacity(n);
        if let Err(error) = source.read(&mut *store, &mut items) {
            return Poll::Ready(Err(error));
        }
        let elements = I::into_list(store, self.ty.as_ref(), items);
        let accepted = elements.and_then(|list| store.data_mut().world.accept(sink, list));
        self.waits.happened();
        let settled = accepted.and_then(|()| settle(store));
        Poll::Ready(settled.map(|()| StreamResult::Completed).map_err(failed))
    }
}

impl<I> Drop for Consumer<I> {
    /// The engine drops a consumer after the last element.
    fn drop(&mut self) {
        if let Some(sink) = self.sink.take() {
            self.waits.ended(sink);
        }
    }
}

impl<I: item::Item> StreamConsumer<State> for Consumer<I> {
    type Item = I;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, State>,
        source: Source<'_, I>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.accept(cx, &mut store, source) {
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            polled => polled,
        }
    }
}

impl<I: item::Item> FutureConsumer<State> for Consumer<I> {
    type Item = I;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'_, State>,
        source: Source<'_, I>,
        finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        match self.accept(cx, &mut store, source) {
            Poll::Pending if finish => return Poll::Ready(Ok(())),
            Poll::Ready(Ok(_)) => {}
            polled => return polled.map_ok(|_| ()),
        }
        // Nothing follows the value, whenever the guest drops its end.
        let ended = match self.sink.take() {
            Some(sink) => store.data_mut().world.end(sink),
            None => Ok(()),
        };
        Poll::Ready(ended.map_err(failed))
    }
}
