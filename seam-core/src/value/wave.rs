//! WAVE text.

mod token;
mod write;
