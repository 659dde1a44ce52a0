//! A bar on standard error while a long run goes on: on a terminal, after a second, and not where a CI server runs.

use crate::pipeline::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Shorter runs show nothing.
const AFTER: Duration = Duration::from_secs(1);

/// How often the bar is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// The bar's whole length: a tenth of a percent is a step.
const WHOLE: usize = 1_000;

/// A bar until it is dropped.
pub(super) struct Bar(Option<(Sender<()>, JoinHandle<()>)>);

impl Bar {
    /// A bar that follows a run; none where nobody would see it.
    pub(super) fn new(progress: &Arc<Progress>) -> Self {
        if !std::io::stderr().is_terminal() || std::env::var_os("CI").is_some() {
            return Self(None);
        }
        Self::on(ProgressDrawTarget::stderr(), Arc::clone(progress), AFTER)
    }

    fn on(target: ProgressDrawTarget, progress: Arc<Progress>, after: Duration) -> Self {
        let (stop, stopped) = channel();
        let draw = move || {
            if stopped.recv_timeout(after) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(Some(WHOLE as u64), target).with_elapsed(after);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}% {elapsed} {msg}") {
                bar.set_style(style);
            }
            loop {
                let (phase, done) = progress.at(WHOLE);
                bar.set_position(done as u64);
                bar.set_message(phase);
                if stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            bar.finish_and_clear();
        };
        // Without a thread there is no bar, and the run goes on.
        let thread = std::thread::Builder::new().spawn(draw).ok();
        Self(thread.map(|thread| (stop, thread)))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::InMemoryTerm;
    use indicatif::TermLike as _;

    fn shown(after: Duration) -> (String, String) {
        let terminal = InMemoryTerm::new(5, 80);
        let progress = Arc::new(Progress::new(4));
        let bar = Bar::on(ProgressDrawTarget::term_like(Box::new(terminal.clone())), progress, after);
        std::thread::sleep(Duration::from_millis(400));
        let during = terminal.contents();
        drop(bar);
        assert_eq!(terminal.width(), 80);
        (during, terminal.contents())
    }

    #[test]
    fn a_long_run_shows_its_phase_and_leaves_nothing() {
        let (during, after) = shown(Duration::from_millis(1));
        assert!(during.contains("0%") && during.contains("parse and lower"), "{during}");
        assert_eq!(after, "");
    }

    #[test]
    fn a_short_run_shows_nothing() {
        assert_eq!(shown(Duration::from_secs(60)), (String::new(), String::new()));
    }
}
