//! `loopwarden regex PATTERN`

use super::{Exit, complain, print};
use crate::explain;
use crate::regex::{self, Apply, Budget, Flavor, Growth};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct Regex {
    /// The pattern, without slashes or quotes
    #[arg(allow_hyphen_values = true)]
    pattern: String,
    /// Whose syntax and engine
    #[arg(long, default_value = "js", value_name = "FLAVOR")]
    flavor: Language,
    /// Its flags, as letters: of dgimsuvy in JavaScript, of aimsux in Python
    #[arg(long, default_value = "", value_name = "FLAGS")]
    flags: String,
    /// How it is applied
    #[arg(long, default_value = "search", value_name = "WAY")]
    apply: Way,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Js,
    Python,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    /// Anywhere in the text: test, exec; re.search
    Search,
    /// Anywhere, again behind each match: replace with g, matchAll, split; re.sub, findall
    All,
    /// At the start: re.match
    Match,
    /// The whole text: re.fullmatch
    Fullmatch,
}

impl Regex {
    pub(super) fn run(self) -> Exit {
        let flavor = match self.flavor {
            Language::Js => Flavor::Ecma,
            Language::Python => Flavor::Python,
        };
        let apply = match self.apply {
            Way::Search => Apply::Search,
            Way::All => Apply::All,
            Way::Match => Apply::Match,
            Way::Fullmatch => Apply::Whole,
        };
        match regex::analyse(&self.pattern, &self.flags, flavor, apply, Budget::default()) {
            Ok(verdict) => {
                let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
                print(&explain::pattern::verdict(&self.pattern, flavor, &verdict, colour));
                match verdict.growth {
                    Growth::Safe => Exit::Clean,
                    Growth::Polynomial { .. } | Growth::Exponential => Exit::Findings,
                    Growth::Unknown { .. } => Exit::Internal,
                }
            }
            Err(error) => {
                let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
                complain(explain::pattern::syntax_error(&self.pattern, &error, colour).trim_end());
                Exit::Usage
            }
        }
    }
}
