//! Where snapshots are kept.

/// Why an object cannot be had or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Nobody answers just now; try again.
    Unavailable,
    /// There is no such object.
    NotFound,
}

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
}
