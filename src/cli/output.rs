//! `--output FORMAT=PATH`: files beside standard output, from the same run.

use super::{Exit, complain};
use crate::report::Shown;
use crate::report::format::{Format, render};
use clap::ValueEnum as _;
use std::path::PathBuf;

/// One file to write.
#[derive(Clone, Debug)]
pub(super) struct Output {
    format: Format,
    path: PathBuf,
}

/// Reads `FORMAT=PATH`.
pub(super) fn output(written: &str) -> Result<Output, String> {
    let (format, path) = written.split_once('=').ok_or("write FORMAT=PATH, such as sarif=loopwarden.sarif")?;
    if path.is_empty() {
        return Err(format!("no path after `{format}=`"));
    }
    let format = Format::from_str(format, false).map_err(|_| {
        let names: Vec<String> =
            Format::value_variants().iter().filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned())).collect();
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("no format `{format}`; {}", crate::base::written::advice(format, &words))
    })?;
    Ok(Output { format, path: PathBuf::from(path) })
}

/// Complains of files that can't be written, before a long run.
pub(super) fn check(outputs: &[Output]) -> Result<(), Exit> {
    for (at, output) in outputs.iter().enumerate() {
        let folder = output.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let wrong = if outputs[..at].iter().any(|other| other.path == output.path) {
            "two outputs go to this file"
        } else if folder.is_some_and(|folder| !folder.is_dir()) {
            "its folder is not there"
        } else if output.path.is_dir() {
            "it is a folder"
        } else {
            continue;
        };
        complain(&format!("--output: {}: {wrong}", output.path.display()));
        return Err(Exit::Usage);
    }
    Ok(())
}

/// What goes to standard output.
pub(super) fn text(format: Format, shown: &Shown<'_>, colour: bool) -> Result<String, Exit> {
    render(format, shown, colour).map_err(|error| {
        complain(&format!("{format:?}: {error}"));
        Exit::Internal
    })
}

/// Writes the files.
pub(super) fn write(outputs: &[Output], shown: &Shown<'_>) -> Result<(), Exit> {
    for output in outputs {
        let text = text(output.format, shown, false)?;
        std::fs::write(&output.path, text).map_err(|error| {
            complain(&format!("--output: {}: {error}", output.path.display()));
            Exit::Usage
        })?;
    }
    Ok(())
}
