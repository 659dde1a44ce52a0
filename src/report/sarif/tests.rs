use super::*;
use crate::discover::Discovery;
use crate::report::Least;
use crate::{Outcome, check_sources};
use serde_json::Value;
use std::fmt::Write as _;

const HANDLER: &str = "import time\n\n\ndef nap():\n    time.sleep(1)\n\n\nasync def handler():\n    nap()\n";

/// Files with one finding each; every second one is light, so less severe.
fn sources(files: usize) -> Vec<(String, String)> {
    let light = "import os\n\n\nasync def handler():\n    os.stat('a')\n";
    (0..files).map(|at| (format!("app{at:02}.py"), if at % 2 == 0 { light.to_owned() } else { HANDLER.to_owned() })).collect()
}

fn log(outcome: &Outcome, limits: Limits) -> (String, Value) {
    let (discovery, least) = (Discovery::default(), Least { severity: Severity::Info, confidence: Confidence::Low });
    let text = within(&Shown::new(outcome, &discovery, least), limits).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    (text, value["runs"][0].clone())
}

fn notices(run: &Value) -> Vec<&str> {
    run["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| notice["message"]["text"].as_str().unwrap())
        .collect()
}

#[test]
fn the_least_severe_are_left_out_with_a_notice() {
    let outcome = check_sources(sources(20));
    assert_eq!(outcome.findings.len(), 20);
    let (_, whole) = log(&outcome, CODE_SCANNING);
    assert_eq!(whole["results"].as_array().unwrap().len(), 20);
    assert!(notices(&whole).is_empty());
    let (_, cut) = log(&outcome, Limits { results: 12, ..CODE_SCANNING });
    let results = cut["results"].as_array().unwrap();
    let levels = |level: &str| results.iter().filter(|result| result["level"] == level).count();
    assert_eq!((levels("error"), levels("note"), results.len()), (10, 2, 12));
    assert!(notices(&cut)[0].starts_with("8 of 20 results are left out"), "{:?}", notices(&cut));
    // What stays is in order of place.
    let uris: Vec<&Value> = results.iter().map(|one| &one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).collect();
    assert!(uris.is_sorted_by_key(|uri| uri.as_str()));
}

#[test]
fn what_is_too_large_compressed_is_cut_until_it_fits() {
    let outcome = check_sources(sources(60));
    let (empty, _) = log(&outcome, Limits { results: 0, ..CODE_SCANNING });
    let (whole, _) = log(&outcome, CODE_SCANNING);
    let size = |text: &str| compressed(text, 0);
    let limit = usize::midpoint(size(&empty), size(&whole));
    let (text, cut) = log(&outcome, Limits { bytes: limit, ..CODE_SCANNING });
    let results = cut["results"].as_array().unwrap();
    assert!(size(&text) <= limit && !results.is_empty() && results.len() < 60, "{} {}", results.len(), size(&text));
    assert!(results[0]["level"] == "error" && notices(&cut)[0].contains("results are left out"));
}

#[test]
fn a_long_chain_keeps_its_ends() {
    let mut text = String::from("import time\n\n\ndef f0():\n    time.sleep(1)\n");
    for at in 1..6 {
        _ = write!(text, "\n\ndef f{at}():\n    f{}()\n", at - 1);
    }
    text += "\n\nasync def handler():\n    f5()\n";
    let outcome = check_sources(vec![("app.py".to_owned(), text)]);
    let (_, run) = log(&outcome, Limits { locations: 4, ..CODE_SCANNING });
    let steps = run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let said: Vec<&str> = steps.iter().map(|step| step["location"]["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(said.len(), 4);
    assert!(said[0].starts_with("on the event loop") && said[3] == "f0 calls time.sleep", "{said:?}");
    assert_eq!(notices(&run), ["1 chain shortened to 4 locations"]);
}
