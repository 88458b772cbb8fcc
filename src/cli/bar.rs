//! What somebody who waits sees: a bar on the standard error, when that is a terminal, and nothing otherwise.
//!
//! Not for `serve`, whose log goes there.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::values::Progress;

const REDRAW: Duration = Duration::from_millis(100);

/// A bar. It is there from the beginning of the work until this is dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// For work that this sentence describes.
    pub(super) fn new(work: &'static str) -> Bar {
        // The template is ours, and can be read.
        let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
            .with_style(style)
            .with_prefix(work)
            .with_finish(ProgressFinish::AndClear);
        Bar(bar)
    }
}

impl Progress for Bar {
    fn begin(&self, steps: usize) {
        self.0.set_length(steps as u64);
        self.0.set_draw_target(ProgressDrawTarget::stderr());
        // Quick steps are not drawn each; the one that takes long must be.
        self.0.enable_steady_tick(REDRAW);
    }

    fn next(&self, step: &str) {
        // Nothing in a name may move the cursor.
        self.0.set_message(step.replace(char::is_control, " "));
        self.0.inc(1);
    }
}
