//! See rules/heavy-call-on-loop.md.

use super::cpu::origin::Origin;
use super::{Check, Reaches, Rule, Status};
use crate::effects::grown::Work;
use crate::facts::Effect;
use crate::finding::{Confidence, Severity};

pub(super) const RULE: Rule = Rule {
    id: "heavy-call-on-loop",
    group: "cpu",
    severity: Severity::Error,
    status: Status::Stable,
    page: include_str!("../../rules/heavy-call-on-loop.md"),
    check: Check::Reaches(Reaches { effects: &[Effect::Cpu], verb: "computes" }),
};

/// What a call does whose time grows with its input.
pub(super) const VERB: &str = "works through all that it is given";

/// How bad a call is whose time grows with its input, and how sure that is at most; none where the input is small. What is
/// done only once is no more than worth knowing.
pub(super) fn weigh(work: Work, once: bool, input: &Origin) -> Option<(Severity, Confidence)> {
    let severity = match (input, work) {
        (Origin::Bounded | Origin::Head(_), _) => return None,
        (Origin::Unknown, _) | (_, Work::Again) => Severity::Info,
        _ if once => Severity::Info,
        (Origin::Request(_) | Origin::Field(_), Work::Written | Work::Heavy) => Severity::Error,
        (Origin::Request(_) | Origin::Field(_) | Origin::Stored(_), _) => Severity::Warning,
    };
    // Files are settings and manifests far more often than data: what is light is not worth a person's time there.
    let most = match (input, work) {
        (Origin::Stored(_), Work::Heavy) => Confidence::Medium,
        (Origin::Stored(_), _) => Confidence::Low,
        // What a server accepts of one request is a megabyte or less by default, and seldom as much: light work on it is over in
        // some milliseconds.
        (Origin::Request(_) | Origin::Field(_), Work::Again | Work::Light) => Confidence::Low,
        _ => Confidence::High,
    };
    Some((severity, most))
}

/// Why a call takes long: what decides how much there is to do, before what its fact says.
pub(super) fn because(input: Option<&Origin>, why: String) -> String {
    match input {
        Some(Origin::Request(how) | Origin::Field(how)) => format!("{how} decides how much; {why}"),
        Some(Origin::Stored(what)) => format!("{what} decides how much; {why}"),
        Some(Origin::Unknown) => format!("nothing is known of how much it is given; {why}"),
        Some(Origin::Bounded | Origin::Head(_)) | None => why,
    }
}

/// What else helps: a bound.
pub(super) fn limit(input: Option<&Origin>) -> &'static str {
    match input {
        Some(Origin::Request(_) | Origin::Field(_)) => "; or limit how much a request may bring",
        _ => "",
    }
}
