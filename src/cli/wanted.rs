//! What the command line says of rules and thresholds: it wins over the configuration.

use super::{Exit, complain};
use crate::config::{Asked, FailOn, Settings, unknown_rule};
use crate::finding::{Confidence, Severity};
use clap::Args;

#[derive(Debug, Default, Args)]
pub(super) struct Wanted {
    /// Report only these rules or groups
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    select: Vec<String>,
    /// Leave out these rules or groups
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    ignore: Vec<String>,
    /// Report what rules in preview find, too
    #[arg(long)]
    preview: bool,
    /// Least severity that is reported [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    min_severity: Option<Severity>,
    /// Least confidence that is reported [default: medium]
    #[arg(long, value_name = "CONFIDENCE")]
    min_confidence: Option<Confidence>,
    /// Least severity of a reported finding that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
}

impl Wanted {
    /// Complains of a name that is neither a rule's nor a group's.
    pub(super) fn check(&self) -> Result<(), Exit> {
        let rules = crate::rules::kinds();
        for name in self.select.iter().chain(&self.ignore) {
            if let Some(help) = unknown_rule(&rules, name) {
                let list = if help.starts_with("did you mean") { " `loopwarden rule` lists them" } else { "" };
                complain(&format!("no rule or group `{name}`; {help}{list}"));
                return Err(Exit::Usage);
            }
        }
        Ok(())
    }

    /// Puts what is said here over the configuration.
    pub(super) fn overrule(&self, settings: &mut Settings) {
        settings.asked = Asked { select: self.select.clone(), ignore: self.ignore.clone(), preview: self.preview };
        if self.preview {
            settings.overrule("preview");
        }
        if let Some(severity) = self.min_severity {
            settings.min_severity = severity;
            settings.overrule("min-severity");
        }
        if let Some(confidence) = self.min_confidence {
            settings.min_confidence = confidence;
            settings.overrule("min-confidence");
        }
        if let Some(fail_on) = self.fail_on {
            settings.fail_on = fail_on;
            settings.overrule("fail-on");
        }
    }
}
