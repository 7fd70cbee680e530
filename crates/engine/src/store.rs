//! Where snapshots are kept.

use sanbai_core::time::Timestamp;

/// Why an object cannot be had or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Nobody answers just now; try again.
    Unavailable,
    /// There is no such object.
    NotFound,
}

/// Makes the bytes of an object, on whatever thread.
pub type Make = Box<dyn FnOnce() -> Vec<u8> + Send>;

/// Names an object that is being made and written, until it is asked what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Writing(pub u64);

/// Objects by name. What was written is whole or not there.
pub trait Store {
    /// Writes an object, in the place of one of that name.
    ///
    /// # Errors
    /// Where it cannot be written now.
    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError>;

    /// Reads an object.
    ///
    /// # Errors
    /// Where it cannot be read now, or is not there.
    fn get(&mut self, name: &str) -> Result<Vec<u8>, StoreError>;

    /// The names that begin with a prefix, in their order.
    ///
    /// # Errors
    /// Where nobody can tell now.
    fn list(&mut self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Deletes an object, if it is there.
    ///
    /// # Errors
    /// Where it cannot be deleted now.
    fn delete(&mut self, name: &str) -> Result<(), StoreError>;

    /// Whether nothing large can be begun just now: what is being written takes all that may be held for it.
    fn is_busy(&self) -> bool;

    /// Begins to make and write an object, beside whoever asks for it: it does not wait.
    fn begin(&mut self, name: &str, make: Make) -> Writing;

    /// What became of it; `None` while it is being written. Told once.
    fn written(&mut self, writing: Writing) -> Option<Result<(), StoreError>>;

    /// What time it is, by the clock of the machine. For people who look at what is kept: nothing is computed from it.
    fn now(&self) -> Timestamp;
}
