//! How far work has come that somebody may be waiting for.

/// Is told how far work has come. Whoever works knows nothing of how it is shown; `()` shows nothing.
pub trait Progress: Send + Sync + 'static {
    /// The work has so many steps, at least one. Not said when there is nothing to do.
    fn begin(&self, steps: usize);

    /// The next step begins; it is called this.
    fn next(&self, step: &str);
}

impl Progress for () {
    fn begin(&self, _steps: usize) {}

    fn next(&self, _step: &str) {}
}
